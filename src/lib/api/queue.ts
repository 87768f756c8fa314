/** First in, first out, in constant time: an array's `shift` moves a hundred thousand waiting messages each time. */
export class Queue<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** @returns the items that match, and a queue of the others in their order */
  partition(matches: (item: T) => boolean): [T[], Queue<T>] {
    const taken: T[] = [];
    const others = new Queue<T>();
    for (let item = this.shift(); item !== undefined; item = this.shift()) {
      if (matches(item)) taken.push(item);
      else others.push(item);
    }
    return [taken, others];
  }
}
