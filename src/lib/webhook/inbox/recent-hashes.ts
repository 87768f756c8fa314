import type { Unique } from './inbox';
import type { Keyring } from './keyring';
import { all, type Shelf, sortable } from './shelf';
import type { Operation } from './store';

const sweepEvery = 256;
const sweepAtOnce = 1024;

/**
 * Recognises what was stored before, across restarts. Keeps keyed hashes only: `h!hash` holds the time, `t!time!hash`
 * finds the oldest.
 */
export class RecentHashes {
  /** Keys whose events are being written, so that two that arrive together are not both stored. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  #count = 0;
  #sinceSweep = 0;

  constructor(
    private readonly shelf: Shelf,
    private readonly keyring: Keyring,
    private readonly max: number,
  ) {}

  async open(): Promise<void> {
    this.#count = 0;
    await this.shelf.walk(all('t'), () => void this.#count++);
  }

  /**
   * Stores something unless its key was stored within the window.
   * @param store writes the operations it is given together with its own
   */
  async unlessKnown(
    { key, window }: Unique,
    store: (operations: Operation[]) => Promise<void>,
  ): Promise<'stored' | 'duplicate'> {
    for (let other = this.#underWay.get(key); other; other = this.#underWay.get(key)) {
      const stored = await other.then(
        () => true,
        () => false,
      );
      if (stored) return 'duplicate';
    }
    const attempt = this.#attempt(key, window, store);
    this.#underWay.set(key, attempt);
    try {
      return await attempt;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #attempt(
    key: string,
    window: number,
    store: (operations: Operation[]) => Promise<void>,
  ): Promise<'stored' | 'duplicate'> {
    const now = Date.now();
    const hashes = this.keyring.hashes(key);
    const outdated: Operation[] = [];
    for (const hash of hashes) {
      const known = await this.shelf.store.get(`h!${hash}`);
      const time = known ? Number(known.toString()) : undefined;
      if (time === undefined) continue;
      // A time to come means that the clock was set back: better an event twice than one lost.
      if (time <= now && now - time < window) return 'duplicate';
      outdated.push({ type: 'del', key: `h!${hash}` }, { type: 'del', key: timeKey(time, hash) });
    }
    const hash = hashes[0]!;
    await store([
      ...outdated,
      { type: 'put', key: `h!${hash}`, value: Buffer.from(String(now)) },
      { type: 'put', key: timeKey(now, hash), value: Buffer.alloc(0) },
    ]);
    this.#count += 1 - outdated.length / 2;
    // Whether old hashes can be deleted now is no concern of the event that has just been stored.
    if (++this.#sinceSweep >= sweepEvery) await this.#sweep(now - window).catch(() => undefined);
    return 'stored';
  }

  /** Deletes hashes older than a time, and the oldest beyond the bound. */
  async #sweep(before: number): Promise<void> {
    this.#sinceSweep = 0;
    const oldest = await this.shelf.store.entries(all('t'), sweepAtOnce);
    const surplus = Math.max(0, this.#count - this.max);
    const leaving = oldest.filter(([key], index) => index < surplus || key < `t!${sortable(before)}`);
    this.#count -= leaving.length;
    this.shelf.commit.owe(
      leaving.flatMap(([key]): Operation[] => [
        { type: 'del', key },
        { type: 'del', key: `h!${key.slice(key.indexOf('!', 2) + 1)}` },
      ]),
    );
  }
}

function timeKey(time: number, hash: string): string {
  return `t!${sortable(time)}!${hash}`;
}
