import { OnegevityError } from '../../errors';
import type { Operation, Store } from './store';
import type { Damage } from '../contract';

const maxOperations = 4096;
const firstPause = 1000;
const longestPause = 30_000;
/** Larger than what a full disk may still have room for. */
const trial: Operation = { type: 'put', key: 'p!trial', value: Buffer.alloc(2 ** 16) };

interface Entry {
  operations: readonly Operation[];
  sync: boolean;
  /** Called in the order of entries, before any other entry is written. */
  written?: () => void;
  /** Set where the caller wants to know. */
  rejected?: (error: OnegevityError) => void;
  /** Kept until it is written. What is not kept is rejected after a failure, and must not turn up later either. */
  kept: boolean;
}

export interface GroupCommitEvents {
  /** The store has been opened: for the first time, or again after a fault. @param damage as the store says */
  opened(damage: Damage | undefined): Promise<void>;
  state(problem: OnegevityError | undefined): void;
}

/**
 * Writes to a store in groups: what comes in while a group is being written makes up the next one, so that under
 * load many events share one synced write.
 *
 * After a failed write the store is closed and opened again, since its journal may have a torn end behind which
 * nothing could be read back. Until that succeeds everything new is rejected.
 */
export class GroupCommit {
  #queue: Entry[] = [];
  #opening: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #usable = false;
  #closed = false;
  #closing: Promise<void> | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #pause = firstPause;
  /** Whether the store has failed to write and not proved since that it can. */
  #doubtful = false;
  /** Runs while it is not certain that what was opened lasts. */
  #proving: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: Store,
    private readonly events: GroupCommitEvents,
  ) {}

  get usable(): boolean {
    return this.#usable;
  }

  /** Opens the store; where that fails, it is reported and tried again until {@link close}. */
  open(): Promise<void> {
    this.#opening = this.#open();
    return this.#opening;
  }

  /**
   * Resolves once the operations, which only add, are written and synced.
   * @param written called before anything that is written later becomes visible
   * @throws OnegevityError `inbox_unavailable`: they are not written, and will not be
   */
  write(operations: readonly Operation[], written: () => void): Promise<void> {
    return this.#promised({ operations, sync: true, kept: false, written });
  }

  /**
   * Resolves once the operations are written and synced; where the storage fails, once it is back.
   * @throws OnegevityError `inbox_unavailable`: it was closed before
   */
  carryOut(operations: readonly Operation[], written: () => void): Promise<void> {
    return this.#promised({ operations, sync: true, kept: true, written });
  }

  /** Writes the operations as soon as that is possible; they survive the end of the process, not yet of the machine. */
  owe(operations: readonly Operation[], written?: () => void): void {
    this.#add({ operations, sync: false, kept: true, ...(written ? { written } : {}) });
  }

  /** Something could not be read: the store is opened again, as after a failed write. */
  failed(error?: unknown): void {
    if (this.#usable && !this.#closed) this.#fault(error);
  }

  /** Resolves when nothing that can be written is left. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reopening);
    await this.#opening;
    await this.idle();
    this.#usable = false;
    clearTimeout(this.#proving);
    await this.#closing;
    for (const { rejected } of this.#queue) rejected?.(new OnegevityError('inbox_unavailable'));
    await this.store.close();
  }

  async #open(): Promise<void> {
    await this.#closing;
    try {
      const damage = await this.store.open();
      if (this.#doubtful) await this.#tryWriting();
      // What may have been written, or not, is certain before anybody reads.
      await this.#writeQueue();
      await this.events.opened(damage);
    } catch (error) {
      return this.#fault(error);
    }
    // What fails again at once is waited for longer and longer, also where opening it succeeds each time.
    this.#proving = setTimeout(() => (this.#pause = firstPause), this.#pause);
    this.#proving.unref();
    this.#usable = true;
    this.events.state(undefined);
    this.#start();
  }

  /** A disk that is full or read-only may well be opened. */
  async #tryWriting(): Promise<void> {
    await this.store.write([trial], true);
    await this.store.write([{ type: 'del', key: trial.key }], true);
    this.#doubtful = false;
  }

  #promised(entry: Entry): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed || !(this.#usable || entry.kept))
        return reject(new OnegevityError('inbox_unavailable'));
      this.#add({
        ...entry,
        written: () => {
          entry.written?.();
          resolve();
        },
        rejected: reject,
      });
    });
  }

  #add(entry: Entry): void {
    this.#queue.push(entry);
    this.#start();
  }

  #start(): void {
    if (!this.#usable || this.#running || this.#queue.length === 0) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      this.#start();
    });
  }

  async #run(): Promise<void> {
    // Everything that has arrived with the same turn of the event loop belongs to the same group.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#usable && this.#queue.length > 0) await this.#writeGroup();
    } catch (error) {
      this.#fault(error);
    }
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) await this.#writeGroup();
  }

  async #writeGroup(): Promise<void> {
    const group = this.#nextGroup();
    try {
      await this.store.write(
        group.flatMap(({ operations }) => operations),
        group.some(({ sync }) => sync),
      );
    } catch (error) {
      this.#doubtful = true;
      // Before anybody learns of it: nobody may read what was rejected and may be there for now.
      this.#usable = false;
      this.#reject(group);
      throw error;
    }
    for (const { written } of group) written?.();
  }

  #nextGroup(): Entry[] {
    let operations = 0;
    let end = 0;
    while (end < this.#queue.length && operations < maxOperations)
      operations += this.#queue[end++]!.operations.length;
    return this.#queue.splice(0, end);
  }

  /**
   * Rejects what need not be kept. Whether the failed group was written after all shows only later, so what was rejected
   * is deleted first.
   */
  #reject(group: readonly Entry[]): void {
    const undone = group
      .filter(({ kept }) => !kept)
      .flatMap(({ operations }) => operations)
      .map(({ key }): Operation => ({ type: 'del', key }));
    const waiting = [...group, ...this.#queue];
    this.#queue = waiting.filter(({ kept }) => kept);
    if (undone.length > 0) this.#queue.unshift({ operations: undone, sync: true, kept: true });
    for (const { kept, rejected } of waiting) if (!kept) rejected?.(new OnegevityError('inbox_unavailable'));
  }

  #fault(error: unknown): void {
    if (!this.#usable && this.#reopening) return;
    this.#usable = false;
    clearTimeout(this.#proving);
    this.#closing = this.store.close().catch(() => undefined);
    if (!this.#closed) {
      this.#reopening = setTimeout(() => {
        this.#reopening = undefined;
        // Never fails: what goes wrong is reported as a state.
        this.open().catch(() => undefined);
      }, this.#pause);
      this.#reopening.unref();
      this.#pause = Math.min(this.#pause * 2, longestPause);
    }
    this.events.state(error instanceof OnegevityError ? error : new OnegevityError('inbox_unavailable'));
  }
}
