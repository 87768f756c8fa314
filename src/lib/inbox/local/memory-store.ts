import type { Operation, Range, Store } from './store';

/** A store that ends with the process. Its content stays when it is closed, so that it can be opened again. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, Buffer>();
  #keys: string[] = [];

  open(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  write(operations: readonly Operation[]): Promise<void> {
    for (const operation of operations) {
      const { key } = operation;
      if (operation.type === 'put') {
        if (!this.#values.has(key)) this.#keys.splice(this.#position(key), 0, key);
        this.#values.set(key, operation.value);
      } else if (this.#values.delete(key)) this.#keys.splice(this.#position(key), 1);
    }
    return Promise.resolve();
  }

  get(key: string): Promise<Buffer | undefined> {
    return Promise.resolve(this.#values.get(key));
  }

  entries({ gt, gte, lt, lte }: Range, limit: number): Promise<[string, Buffer][]> {
    const found: [string, Buffer][] = [];
    for (let at = this.#position(gt ?? gte ?? ''); found.length < limit; at++) {
      const key = this.#keys[at];
      if (key === undefined || (lt !== undefined && key >= lt) || (lte !== undefined && key > lte)) break;
      if (key !== gt) found.push([key, this.#values.get(key)!]);
    }
    return Promise.resolve(found);
  }

  /** Where a key is, or would be. */
  #position(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
