import { errorCodes } from '../../api/errors';
import type { DeadLetter } from './inbox';
import { type Death, readDeath, readEvent } from './record';
import { all, arrival, keys, packed, type Shelf } from './shelf';

/** The dead letters of a local inbox, those set aside included. */
export class DeadLetters {
  /** Found set aside at the start. */
  readonly #unread: string[] = [];

  /** @param revived called for an event that is to be emitted again, at this time */
  constructor(
    private readonly shelf: Shelf,
    private readonly revived: (due: number) => void,
  ) {}

  async open(): Promise<void> {
    const { shelf } = this;
    shelf.dead = 0;
    shelf.setAside = 0;
    await shelf.walk(all('x'), (key, value) => {
      if (isUnread(readDeath(shelf.keyring, key.slice(2), value))) {
        shelf.setAside++;
        this.#unread.push(key.slice(2));
      } else shelf.dead++;
    });
  }

  /** Gives back what was set aside for want of a key that is known by now. */
  async restore(): Promise<void> {
    const { store, keyring } = this.shelf;
    for (const id of this.#unread.splice(0)) {
      const record = await store.get(keys.dead(id));
      if (record && !('problem' in readEvent(keyring, id, record))) await this.replay(id);
    }
  }

  async list(limit: number, after?: string): Promise<DeadLetter[]> {
    const range = after === undefined ? all('d') : { ...all('d'), gt: keys.dead(after) };
    const entries = await this.shelf.store.entries(range, limit);
    return Promise.all(entries.map(([key, record]) => this.#shown(key.slice(2), record)));
  }

  async replay(id: string): Promise<boolean> {
    const { shelf } = this;
    const record = await shelf.store.get(keys.dead(id));
    if (!record) return false;
    const death = await shelf.death(id);
    const due = Date.now();
    await shelf.commit.settle(
      [
        ...this.#removal(id),
        { type: 'put', key: keys.event(id), value: record },
        { type: 'put', key: keys.state(id), value: packed({ attempts: 0, due, replayed: true }) },
        { type: 'put', key: keys.retry(due, id), value: Buffer.alloc(0) },
      ],
      true,
      () => {
        shelf.events++;
        this.#counted(death);
        this.revived(due);
      },
    );
    return true;
  }

  async discard(id: string): Promise<boolean> {
    const { shelf } = this;
    const record = await shelf.store.get(keys.dead(id));
    if (!record) return false;
    const death = await shelf.death(id);
    await shelf.commit.settle(this.#removal(id), true, () => {
      shelf.bytes -= record.length;
      this.#counted(death);
    });
    return true;
  }

  #removal(id: string): { type: 'del'; key: string }[] {
    return [
      { type: 'del', key: keys.dead(id) },
      { type: 'del', key: keys.death(id) },
    ];
  }

  #counted(death: Death | undefined): void {
    if (isUnread(death)) this.shelf.setAside--;
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

/** A death that cannot be read belongs to a record that cannot be read either. */
function isUnread(death: Death | undefined): boolean {
  return !death || death.cause === 'damaged' || death.cause === 'unknown_key';
}
