import type { Operation, Range, Store } from '../../../src/lib/inbox/local/store';
import type { Damage } from '../../../src/lib/inbox/contract';

/** A store that fails when it is told to, and that can stop like a process that is killed. */
export class HostileStore implements Store {
  /** What becomes of the next writes: nothing is written, or it is written and fails all the same. */
  writeFaults: ('before' | 'after')[] = [];
  /** How many reads fail. */
  readFaults = 0;
  /** Nothing works, not even opening it. */
  outage = false;
  /** Turns of the event loop that everything takes. */
  slowness = 0;
  /** What is under way. */
  active = 0;
  /** How much has been begun. */
  begun = 0;
  #gone = false;
  #open = false;

  constructor(private readonly inner: Store) {}

  /** Whether it does what it is asked to. */
  get sound(): boolean {
    return !this.outage && this.writeFaults.length === 0 && this.readFaults === 0;
  }

  mend(): void {
    this.outage = false;
    this.writeFaults = [];
    this.readFaults = 0;
  }

  open(): Promise<Damage | undefined> {
    return this.#counted(async () => {
      await this.#turn();
      const damage = await this.inner.open();
      this.#open = true;
      return damage;
    });
  }

  close(): Promise<void> {
    return this.#counted(async () => {
      if (this.#open) await this.inner.close();
      this.#open = false;
    });
  }

  async kill(): Promise<void> {
    this.#gone = true;
    await this.close();
  }

  write(operations: readonly Operation[], sync: boolean): Promise<void> {
    return this.#counted(async () => {
      await this.#turn();
      const fault = this.writeFaults.shift();
      if (fault !== 'before') await this.inner.write(operations, sync);
      if (fault) throw new Error('no space left on device');
    });
  }

  get(key: string): Promise<Buffer | undefined> {
    return this.#counted(async () => {
      await this.#turnToRead();
      return this.inner.get(key);
    });
  }

  entries(range: Range, limit: number): Promise<[string, Buffer][]> {
    return this.#counted(async () => {
      await this.#turnToRead();
      return this.inner.entries(range, limit);
    });
  }

  async #counted<T>(use: () => Promise<T>): Promise<T> {
    this.active++;
    this.begun++;
    try {
      return await use();
    } finally {
      this.active--;
    }
  }

  async #turnToRead(): Promise<void> {
    await this.#turn();
    if (this.readFaults > 0) {
      this.readFaults--;
      throw new Error('input/output error');
    }
  }

  async #turn(): Promise<void> {
    for (let turns = 0; turns < this.slowness; turns++) await new Promise((resolve) => setImmediate(resolve));
    if (this.#gone || this.outage) throw new Error('no space left on device');
  }
}
