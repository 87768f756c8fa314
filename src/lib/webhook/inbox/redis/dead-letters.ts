import { errorCodes } from '../../../api/errors';
import type { DeadLetter, InboxConsumer, InboxEvent } from '../inbox';
import type { Keyring } from '../keyring';
import { type Death, type ReadRecord, readDeath, sealDeath } from '../record';
import { arrival } from '../shelf';
import type { Clock } from './clock';
import { isId } from './ids';
import type { Link } from './link';
import * as replies from './replies';
import * as scripts from './scripts';

/** The dead letters of an inbox in Redis, those set aside included. */
export class DeadLetters {
  constructor(
    private readonly link: Link,
    private readonly clock: Clock,
    private readonly keyring: Keyring,
    private readonly consumer: InboxConsumer,
    private readonly read: (record: Buffer) => ReadRecord,
  ) {}

  /** Makes a dead letter of an event that is in a flow here. @returns what refuses that */
  async bury(
    id: string,
    attempt: number,
    death: Pick<Death, 'cause' | 'reason'>,
    event: InboxEvent,
  ): Promise<unknown[]> {
    const result = await this.#bury(id, attempt, death, false);
    if (replies.text(result[0]) === 'ok')
      this.consumer.deadLetter({ id, event, attempt, replayed: true, ...death });
    return result;
  }

  /** Puts away what cannot be read. */
  async setAside(id: string, attempt: number, cause: 'damaged' | 'unknown_key'): Promise<void> {
    const result = await this.#bury(id, attempt, { cause }, true);
    if (replies.text(result[0]) === 'ok') this.consumer.setAside(1, cause);
  }

  /** Gives back what was set aside for want of a key that is known by now. */
  async restore(): Promise<void> {
    const found = replies.rows(await this.link.run(scripts.setAside));
    const readable = found.filter(([, record]) => !('problem' in this.read(replies.bytes(record))));
    for (const id of readable.map(([id]) => replies.text(id)).sort()) await this.replay(id);
  }

  async list(limit: number, after = ''): Promise<DeadLetter[]> {
    const found = replies.rows(await this.link.run(scripts.letters, limit, after));
    return found.map(([id, death, record]) =>
      this.#shown(replies.text(id), replies.bytes(death), replies.bytes(record)),
    );
  }

  async replay(id: string): Promise<boolean> {
    return isId(id) && (await this.link.run(scripts.replay, id, this.clock.now())) === 1;
  }

  async discard(id: string): Promise<boolean> {
    return isId(id) && (await this.link.run(scripts.discard, id)) === 1;
  }

  async #bury(
    id: string,
    attempts: number,
    death: Pick<Death, 'cause' | 'reason'>,
    unread: boolean,
  ): Promise<unknown[]> {
    const sealed = sealDeath(this.keyring, id, { ...death, attempts, diedAt: this.clock.now() });
    return replies.list(await this.link.run(scripts.bury, id, attempts, sealed, unread ? '1' : '0'));
  }

  #shown(id: string, sealed: Buffer, record: Buffer): DeadLetter {
    const read = this.read(record);
    const death = readDeath(this.keyring, id, sealed);
    const reason = (errorCodes as readonly string[]).find((code) => code === death?.reason);
    return {
      id,
      ...('problem' in read ? {} : { topic: read.event.topic }),
      receivedAt: 'problem' in read ? arrival(id) : read.event.receivedAt,
      diedAt: death?.diedAt ?? arrival(id),
      attempts: death?.attempts ?? 0,
      cause: death?.cause ?? ('problem' in read ? read.problem : 'damaged'),
      ...(reason ? { reason } : {}),
    };
  }
}
