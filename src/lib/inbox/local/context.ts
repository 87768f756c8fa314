import type { InboxConsumer, InboxEvent } from '../contract';
import type { GroupCommit } from './group-commit';
import type { Keyring } from '../keyring';
import type { Moment } from '../clock';
import { type DeadLetterInfo, readDeadLetterInfo, sealDeadLetterInfo } from '../record';
import type { Operation, Range, Store } from './store';

/**
 * How a local inbox lies in its store:
 *
 * | key             | value                                                                        |
 * | --------------- | ---------------------------------------------------------------------------- |
 * | `e!id`          | an event, encrypted; ids are times of arrival, so keys have the order of arrival |
 * | `s!id`          | its {@link DeliveryState}, where it differs from what the record itself says         |
 * | `d!id`, `x!id`  | a dead letter: the event's record as it was, and its death, encrypted        |
 * | `a!id`          | marks a dead letter that the consumer has not been told of                    |
 * | `i!`            | an id that none given so far exceeds, see EventIds                            |
 * | `h!`, `t!`      | hashes of recent events, see RecentHashes                                     |
 */
export const keys = {
  event: (id: string) => `e!${id}`,
  state: (id: string) => `s!${id}`,
  dead: (id: string) => `d!${id}`,
  death: (id: string) => `x!${id}`,
  unannounced: (id: string) => `a!${id}`,
  lastId: 'i!',
};

const digits = 16;

/** A number as text of the same order. */
export function sortable(value: number): string {
  return String(Math.trunc(value)).padStart(digits, '0');
}

/** All keys of one kind. */
export function allKeys(kind: 'e' | 's' | 'd' | 'x' | 'a' | 't'): Range {
  return { gt: `${kind}!`, lt: `${kind}"` };
}

/** What an event's emissions so far have left behind. */
export interface DeliveryState {
  attempts: number;
  /** To be emitted again so many milliseconds after `since`. */
  delay?: number;
  since?: Moment;
  /** A replayed dead letter: it counts its attempts anew, and may still have been emitted before. */
  redelivered?: boolean;
}

export function encodeState(state: DeliveryState): Buffer {
  return Buffer.from(JSON.stringify(state));
}

export function decodeState(value: Buffer): DeliveryState {
  try {
    return JSON.parse(value.toString()) as DeliveryState;
  } catch {
    // Damaged. The event itself may be whole, and may have been emitted before.
    return { attempts: 0, redelivered: true };
  }
}

/** What the parts of a local inbox share. */
export class InboxContext {
  /** Events that have not ended. */
  events = 0;
  bytes = 0;
  dead = 0;
  unreadable = 0;

  constructor(
    readonly store: Store,
    readonly keyring: Keyring,
    readonly commit: GroupCommit,
    readonly consumer: InboxConsumer,
  ) {}

  /**
   * Calls `visit` for everything in a range, page by page.
   * @param visit returning false ends the walk
   */
  async walk(range: Range, visit: (key: string, value: Buffer) => void | boolean): Promise<void> {
    const page = 1000;
    let rest = range;
    for (;;) {
      const entries = await this.store.entries(rest, page);
      for (const [key, value] of entries) if (visit(key, value) === false) return;
      if (entries.length < page) return;
      rest = { ...range, gt: entries.at(-1)![0] };
    }
  }

  /**
   * Removes an event and everything about it.
   * @param direct it was emitted from memory, so it has no state
   */
  forget(id: string, direct = false): Operation[] {
    return [
      { type: 'del', key: keys.event(id) },
      ...(direct ? [] : [{ type: 'del', key: keys.state(id) } as const]),
    ];
  }

  /**
   * Turns an event into a dead letter. The record itself is moved as it is, also where it cannot be read.
   * @param written called once that is stored
   */
  deadLetter(
    id: string,
    record: Buffer,
    death: Omit<DeadLetterInfo, 'deadLetteredAt'>,
    event: InboxEvent | undefined,
    written: () => void,
  ): Promise<void> {
    const unread = death.cause === 'damaged' || death.cause === 'unknown_key';
    const operations: Operation[] = [
      ...this.forget(id),
      { type: 'put', key: keys.dead(id), value: record },
      {
        type: 'put',
        key: keys.death(id),
        value: sealDeadLetterInfo(this.keyring, id, { ...death, deadLetteredAt: Date.now() }),
      },
      ...(event || unread
        ? [{ type: 'put', key: keys.unannounced(id), value: Buffer.alloc(0) } as const]
        : []),
    ];
    return this.commit.carryOut(operations, () => {
      this.events--;
      if (unread) this.unreadable++;
      else this.dead++;
      written();
      if (event) this.announce(id, death, event);
      else if (unread) this.announceUnread(id, death.cause as 'damaged' | 'unknown_key');
    });
  }

  /** Tells the consumer of a dead letter, and keeps in mind that it was told. */
  announce(
    id: string,
    { attempts, cause, reason }: Omit<DeadLetterInfo, 'deadLetteredAt'>,
    event: InboxEvent,
  ): void {
    this.consumer.deadLetter({
      id,
      event,
      attempt: attempts,
      redelivered: true,
      cause,
      ...(reason ? { reason } : {}),
    });
    this.#announced(id);
  }

  /** As {@link announce}, of what cannot be read. */
  announceUnread(id: string, cause: 'damaged' | 'unknown_key'): void {
    this.consumer.quarantine(1, cause);
    this.#announced(id);
  }

  #announced(id: string): void {
    this.commit.owe([{ type: 'del', key: keys.unannounced(id) }]);
  }

  async death(id: string): Promise<DeadLetterInfo | undefined> {
    return readDeadLetterInfo(this.keyring, id, await this.store.get(keys.death(id)));
  }
}
