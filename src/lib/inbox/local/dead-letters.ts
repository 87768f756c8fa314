import { errorCodes } from '../../errors';
import type { Dispatcher } from './dispatcher';
import type { DeadLetter } from '../contract';
import { type DeadLetterInfo, readDeadLetterInfo, readEvent } from '../record';
import { allKeys, keys, encodeState, type InboxContext } from './context';
import { arrival } from '../event-id';

/** The dead letters of a local inbox, those set aside included. */
export class DeadLetters {
  /** Found set aside at the start. */
  #unread: string[] = [];
  /** Found at the start: stored, and perhaps not announced before the process ended. */
  #unannounced: string[] = [];
  /** Those that are being replayed or discarded. */
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(
    private readonly context: InboxContext,
    private readonly dispatcher: Dispatcher,
  ) {}

  async open(): Promise<void> {
    const { context } = this;
    context.dead = 0;
    context.unreadable = 0;
    this.#unread = [];
    this.#unannounced = [];
    await context.walk(allKeys('x'), (key, value) => {
      if (isUnread(readDeadLetterInfo(context.keyring, key.slice(2), value))) {
        context.unreadable++;
        this.#unread.push(key.slice(2));
      } else context.dead++;
    });
    await context.walk(allKeys('a'), (key) => void this.#unannounced.push(key.slice(2)));
  }

  /**
   * Gives back what was set aside for want of a key that is known by now, and tells of the dead letters that were
   * stored before the process ended, and perhaps not announced.
   */
  async restore(): Promise<void> {
    const { store, keyring } = this.context;
    await each(this.#unread, async (id) => {
      const record = await store.get(keys.dead(id));
      if (record && !('problem' in readEvent(keyring, id, record))) await this.replay(id);
    });
    await each(this.#unannounced, (id) => this.#alone(id, () => this.#announce(id)));
  }

  async list(limit: number, after?: string): Promise<DeadLetter[]> {
    const range = after === undefined ? allKeys('d') : { ...allKeys('d'), gt: keys.dead(after) };
    const entries = await this.context.store.entries(range, limit);
    return Promise.all(entries.map(([key, record]) => this.#shown(key.slice(2), record)));
  }

  replay(id: string): Promise<boolean> {
    return this.#alone(id, () => this.#replay(id));
  }

  discard(id: string): Promise<boolean> {
    return this.#alone(id, () => this.#discard(id));
  }

  async #replay(id: string): Promise<boolean> {
    const { context, dispatcher } = this;
    const record = await context.store.get(keys.dead(id));
    if (!record) return false;
    const death = await context.death(id);
    dispatcher.expect(id);
    await context.commit.carryOut(
      [
        ...this.#removal(id),
        { type: 'put', key: keys.event(id), value: record },
        { type: 'put', key: keys.state(id), value: encodeState({ attempts: 0, redelivered: true }) },
      ],
      () => {
        context.events++;
        this.#counted(death);
        dispatcher.schedule(id, 0);
      },
    );
    return true;
  }

  async #discard(id: string): Promise<boolean> {
    const { context } = this;
    const record = await context.store.get(keys.dead(id));
    if (!record) return false;
    const death = await context.death(id);
    await context.commit.carryOut(this.#removal(id), () => {
      context.bytes -= record.length;
      this.#counted(death);
    });
    return true;
  }

  async #announce(id: string): Promise<void> {
    const { context } = this;
    const record = await context.store.get(keys.dead(id));
    if (!record) return;
    const read = readEvent(context.keyring, id, record);
    if ('problem' in read) return context.announceUnread(id, read.problem);
    const death = await context.death(id);
    if (death) context.announce(id, death, read.event);
  }

  /** Lets one at a time have a dead letter: what is in one's way sees what the other has left. */
  async #alone<T>(id: string, use: () => Promise<T>): Promise<T> {
    for (let other = this.#underWay.get(id); other; other = this.#underWay.get(id))
      await other.catch(() => undefined);
    const using = use();
    this.#underWay.set(id, using);
    try {
      return await using;
    } finally {
      this.#underWay.delete(id);
    }
  }

  #removal(id: string): { type: 'del'; key: string }[] {
    return [keys.dead(id), keys.death(id), keys.unannounced(id)].map((key) => ({ type: 'del', key }));
  }

  #counted(death: DeadLetterInfo | undefined): void {
    if (isUnread(death)) this.context.unreadable--;
    else this.context.dead--;
  }

  async #shown(id: string, record: Buffer): Promise<DeadLetter> {
    const { context } = this;
    const read = readEvent(context.keyring, id, record);
    const death = await context.death(id);
    const reason = (errorCodes as readonly string[]).find((code) => code === death?.reason);
    return {
      id,
      ...('problem' in read ? {} : { topic: read.event.topic }),
      receivedAt: 'problem' in read ? arrival(id) : read.event.receivedAt,
      deadLetteredAt: death?.deadLetteredAt ?? arrival(id),
      attempts: death?.attempts ?? 0,
      cause: death?.cause ?? ('problem' in read ? read.problem : 'damaged'),
      ...(reason ? { reason } : {}),
    };
  }
}

/** Takes out one after the other. What fails is left for the next time. */
async function each(ids: string[], use: (id: string) => Promise<void>): Promise<void> {
  for (let id = ids.shift(); id !== undefined; id = ids.shift()) {
    try {
      await use(id);
    } catch (error) {
      ids.unshift(id);
      throw error;
    }
  }
}

/** A death that cannot be read belongs to a record that cannot be read either. */
function isUnread(death: DeadLetterInfo | undefined): boolean {
  return !death || death.cause === 'damaged' || death.cause === 'unknown_key';
}
