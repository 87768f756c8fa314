import type { InboxClock, Moment } from '../clock';
import type { DedupOptions } from '../contract';
import type { Keyring } from '../keyring';
import { allKeys, type InboxContext } from './context';
import type { Operation } from './store';

type Enter = (operations: (id: string) => Operation[]) => Promise<void>;

const sweepEvery = 256;
const sweepAtOnce = 1024;

/**
 * Recognises what was stored before, across restarts. Keeps keyed hashes only: `h!hash` holds the id of the event and
 * the moment, `t!id!hash` holds the moment and finds the oldest, since ids have the order of arrival.
 */
export class DedupStore {
  /** Keys whose events are being written, so that two that arrive together are not both stored. */
  readonly #underWay = new Map<string, Promise<unknown>>();
  readonly #writing = new Set<string>();
  /** Hashes that have been written since a sweep began: what it has read of them is outdated. */
  #written: Set<string> | undefined;
  #count = 0;
  #sinceSweep = 0;

  constructor(
    private readonly context: InboxContext,
    private readonly keyring: Keyring,
    private readonly clock: InboxClock,
    private readonly max: number,
  ) {}

  async open(): Promise<void> {
    this.#count = 0;
    await this.context.walk(allKeys('t'), () => void this.#count++);
  }

  /**
   * Stores something unless its key was stored within the window.
   * @param store writes the operations that it is given for an event's id together with its own
   */
  async putIfAbsent({ key, window }: DedupOptions, store: Enter): Promise<'stored' | 'duplicate'> {
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

  async #attempt(key: string, window: number, store: Enter): Promise<'stored' | 'duplicate'> {
    const hashes = this.keyring.hashes(key);
    for (const hash of hashes) this.#writing.add(hash);
    try {
      const outdated: Operation[] = [];
      for (const hash of hashes) {
        const known = await this.context.store.get(`h!${hash}`);
        if (!known) continue;
        const [id, moment] = split(known.toString(), ' ');
        if (!this.#isOver(moment, window)) return 'duplicate';
        outdated.push({ type: 'del', key: `h!${hash}` }, { type: 'del', key: `t!${id}!${hash}` });
      }
      const hash = hashes[0]!;
      const moment = this.clock.moment();
      await store((id) => [
        ...outdated,
        { type: 'put', key: `h!${hash}`, value: Buffer.from(`${id} ${moment}`) },
        { type: 'put', key: `t!${id}!${hash}`, value: Buffer.from(moment) },
      ]);
      this.#count += 1 - outdated.length / 2;
    } finally {
      for (const hash of hashes) {
        this.#writing.delete(hash);
        this.#written?.add(hash);
      }
    }
    // Whether old hashes can be deleted now is no concern of the event that has just been stored.
    if (++this.#sinceSweep >= sweepEvery && !this.#written) await this.#sweep(window).catch(() => undefined);
    return 'stored';
  }

  /** A moment to come means that the clock was set back: better an event twice than one lost. */
  #isOver(moment: Moment, window: number): boolean {
    const since = this.clock.since(moment);
    return since === undefined || since >= window;
  }

  /** Deletes hashes that are older than a window, and the oldest beyond the bound. */
  async #sweep(window: number): Promise<void> {
    this.#sinceSweep = 0;
    const written = (this.#written = new Set<string>());
    let oldest: [string, Buffer][];
    try {
      oldest = await this.context.store.entries(allKeys('t'), sweepAtOnce);
    } finally {
      this.#written = undefined;
    }
    const surplus = Math.max(0, this.#count - this.max);
    const leaving = oldest
      .filter(([, moment], index) => index < surplus || this.#isOver(moment.toString(), window))
      .map(([key]) => ({ key, hash: split(key.slice(2), '!')[1] }))
      .filter(({ hash }) => !this.#writing.has(hash) && !written.has(hash));
    this.#count -= leaving.length;
    this.context.commit.owe(
      leaving.flatMap(({ key, hash }): Operation[] => [
        { type: 'del', key },
        { type: 'del', key: `h!${hash}` },
      ]),
    );
  }
}

/** The parts before and behind the first separator. */
function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
