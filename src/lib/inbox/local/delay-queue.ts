interface Entry {
  id: string;
  due: number;
}

/** Which events become due when, the earliest first (a binary heap). */
export class DelayQueue {
  readonly #heap: Entry[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** When the first one becomes due. */
  get next(): number {
    return this.#heap[0]?.due ?? Infinity;
  }

  add(id: string, due: number): void {
    const heap = this.#heap;
    const entry = { id, due };
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isEarlier(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  /** Takes out one that is due by now. */
  take(now: number): string | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (!first || first.due > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first.id;
  }

  clear(): void {
    this.#heap.length = 0;
  }

  /** Puts an entry in the place of the first one. */
  #sink(entry: Entry): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isEarlier(heap[child + 1]!, heap[child]!)) child++;
      if (!isEarlier(heap[child]!, entry)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = entry;
  }
}

/** Of two that are due at the same time, the one that arrived first. */
function isEarlier(one: Entry, other: Entry): boolean {
  return one.due < other.due || (one.due === other.due && one.id < other.id);
}
