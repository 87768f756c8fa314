import { errorCodes } from '../../errors';
import type { DeadLetter, InboxConsumer, InboxEvent } from '../contract';
import type { Keyring } from '../keyring';
import { type DeadLetterInfo, type ReadRecord, readDeadLetterInfo, sealDeadLetterInfo } from '../record';
import type { ServerClock } from './clock';
import { arrival, isId } from '../event-id';
import type { RedisSession } from './session';
import type { OfflineQueue } from './offline-queue';
import * as replies from './replies';
import * as scripts from './scripts';

/** Milliseconds between two looks at what others have stored and not announced, since they were killed. */
const lookEvery = 5000;
const atOnce = 100;

/** The dead letters of an inbox in Redis, those set aside included. */
export class DeadLetters {
  #looking: NodeJS.Timeout | undefined;
  #stopped = true;

  constructor(
    private readonly session: RedisSession,
    private readonly offlineQueue: OfflineQueue,
    private readonly clock: ServerClock,
    private readonly keyring: Keyring,
    private readonly consumer: InboxConsumer,
    private readonly read: (record: Buffer) => ReadRecord,
  ) {}

  /** Begins to announce what others have not, or goes on after the link was broken. */
  start(): void {
    this.#stopped = false;
    clearTimeout(this.#looking);
    this.#announceAll()
      // Where the link is broken, it begins anew when that is back.
      .catch(() => undefined)
      .finally(() => {
        if (this.#stopped) return;
        clearTimeout(this.#looking);
        this.#looking = setTimeout(() => this.start(), lookEvery);
        this.#looking.unref();
      });
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#looking);
  }

  /** Makes a dead letter of an event that is in a flow here. @returns what rejects that */
  async add(
    id: string,
    attempt: number,
    death: Pick<DeadLetterInfo, 'cause' | 'reason'>,
    event: InboxEvent,
  ): Promise<unknown[]> {
    const result = await this.#store(id, attempt, death, false);
    if (replies.text(result[0]) === 'ok') {
      this.consumer.deadLetter({ id, event, attempt, redelivered: true, ...death });
      this.#told(id);
    }
    return result;
  }

  /** Puts away what cannot be read. */
  async quarantine(id: string, attempt: number, cause: 'damaged' | 'unknown_key'): Promise<void> {
    const result = await this.#store(id, attempt, { cause }, true);
    if (replies.text(result[0]) !== 'ok') return;
    this.consumer.quarantine(1, cause);
    this.#told(id);
  }

  /** Gives back what was set aside for want of a key that is known by now. */
  async restore(): Promise<void> {
    const found = replies.rows(await this.session.run(scripts.listUnreadable));
    const readable = found.filter(([, record]) => !('problem' in this.read(replies.bytes(record))));
    for (const id of readable.map(([id]) => replies.text(id)).sort()) await this.replay(id);
  }

  async list(limit: number, after = ''): Promise<DeadLetter[]> {
    const found = replies.rows(await this.session.run(scripts.listDeadLetters, limit, after));
    return found.map(([id, death, record]) =>
      this.#shown(replies.text(id), replies.bytes(death), replies.bytes(record)),
    );
  }

  async replay(id: string): Promise<boolean> {
    return isId(id) && (await this.session.run(scripts.replay, id)) === 1;
  }

  async discard(id: string): Promise<boolean> {
    return isId(id) && (await this.session.run(scripts.discard, id)) === 1;
  }

  async #store(
    id: string,
    attempts: number,
    death: Pick<DeadLetterInfo, 'cause' | 'reason'>,
    unread: boolean,
  ): Promise<unknown[]> {
    const sealed = sealDeadLetterInfo(this.keyring, id, {
      ...death,
      attempts,
      deadLetteredAt: this.clock.now(),
    });
    return replies.list(await this.session.run(scripts.deadLetter, id, attempts, sealed, unread ? '1' : '0'));
  }

  async #announceAll(): Promise<void> {
    for (let count = atOnce; count === atOnce && !this.#stopped && this.session.usable;) {
      const found = replies.rows(await this.session.run(scripts.claimUnannounced, atOnce));
      // What comes after the instance was stopped is left to the others.
      if (this.#stopped) return;
      for (const [id, death, record] of found)
        this.#announce(replies.text(id), replies.bytes(death), replies.bytes(record));
      count = found.length;
    }
  }

  #announce(id: string, sealed: Buffer, record: Buffer): void {
    const read = this.read(record);
    const { cause = 'damaged', reason, attempts = 0 } = readDeadLetterInfo(this.keyring, id, sealed) ?? {};
    if ('problem' in read) this.consumer.quarantine(1, read.problem);
    else
      this.consumer.deadLetter({
        id,
        event: read.event,
        attempt: attempts,
        redelivered: true,
        cause,
        ...(reason ? { reason } : {}),
      });
    this.#told(id);
  }

  /** Behind: where the process is killed before, it is announced once more. */
  #told(id: string): void {
    this.offlineQueue.run(true, scripts.markAnnounced, () => [id]).catch(() => undefined);
  }

  #shown(id: string, sealed: Buffer, record: Buffer): DeadLetter {
    const read = this.read(record);
    const death = readDeadLetterInfo(this.keyring, id, sealed);
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
