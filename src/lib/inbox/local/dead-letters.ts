import { errorCodes } from '../../errors';
import type { Emission } from './dispatcher';
import type { DeadLetter } from '../contract';
import { type Death, readDeath, readEvent } from '../record';
import { all, keys, packed, type Shelf } from './context';
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
    private readonly shelf: Shelf,
    private readonly emission: Emission,
  ) {}

  async open(): Promise<void> {
    const { shelf } = this;
    shelf.dead = 0;
    shelf.unreadable = 0;
    this.#unread = [];
    this.#unannounced = [];
    await shelf.walk(all('x'), (key, value) => {
      if (isUnread(readDeath(shelf.keyring, key.slice(2), value))) {
        shelf.unreadable++;
        this.#unread.push(key.slice(2));
      } else shelf.dead++;
    });
    await shelf.walk(all('a'), (key) => void this.#unannounced.push(key.slice(2)));
  }

  /**
   * Gives back what was set aside for want of a key that is known by now, and tells of the dead letters that were
   * stored before the process ended, and perhaps not announced.
   */
  async restore(): Promise<void> {
    const { store, keyring } = this.shelf;
    await each(this.#unread, async (id) => {
      const record = await store.get(keys.dead(id));
      if (record && !('problem' in readEvent(keyring, id, record))) await this.replay(id);
    });
    await each(this.#unannounced, (id) => this.#alone(id, () => this.#announce(id)));
  }

  async list(limit: number, after?: string): Promise<DeadLetter[]> {
    const range = after === undefined ? all('d') : { ...all('d'), gt: keys.dead(after) };
    const entries = await this.shelf.store.entries(range, limit);
    return Promise.all(entries.map(([key, record]) => this.#shown(key.slice(2), record)));
  }

  replay(id: string): Promise<boolean> {
    return this.#alone(id, () => this.#replay(id));
  }

  discard(id: string): Promise<boolean> {
    return this.#alone(id, () => this.#discard(id));
  }

  async #replay(id: string): Promise<boolean> {
    const { shelf, emission } = this;
    const record = await shelf.store.get(keys.dead(id));
    if (!record) return false;
    const death = await shelf.death(id);
    emission.expect(id);
    await shelf.commit.carryOut(
      [
        ...this.#removal(id),
        { type: 'put', key: keys.event(id), value: record },
        { type: 'put', key: keys.state(id), value: packed({ attempts: 0, redelivered: true }) },
      ],
      () => {
        shelf.events++;
        this.#counted(death);
        emission.schedule(id, 0);
      },
    );
    return true;
  }

  async #discard(id: string): Promise<boolean> {
    const { shelf } = this;
    const record = await shelf.store.get(keys.dead(id));
    if (!record) return false;
    const death = await shelf.death(id);
    await shelf.commit.carryOut(this.#removal(id), () => {
      shelf.bytes -= record.length;
      this.#counted(death);
    });
    return true;
  }

  async #announce(id: string): Promise<void> {
    const { shelf } = this;
    const record = await shelf.store.get(keys.dead(id));
    if (!record) return;
    const read = readEvent(shelf.keyring, id, record);
    if ('problem' in read) return shelf.announceUnread(id, read.problem);
    const death = await shelf.death(id);
    if (death) shelf.announce(id, death, read.event);
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

  #counted(death: Death | undefined): void {
    if (isUnread(death)) this.shelf.unreadable--;
    else this.shelf.dead--;
  }

  async #shown(id: string, record: Buffer): Promise<DeadLetter> {
    const { shelf } = this;
    const read = readEvent(shelf.keyring, id, record);
    const death = await shelf.death(id);
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
function isUnread(death: Death | undefined): boolean {
  return !death || death.cause === 'damaged' || death.cause === 'unknown_key';
}
