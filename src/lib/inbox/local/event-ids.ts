import { type GroupCommit } from './group-commit';
import { keys, sortable } from './context';

/** Ids of 16 digits have the same order as texts and as numbers, however wrong the clock is. Later ones still are safe integers. */
const [first, latest] = [1e15, 8e15];
/** Microseconds of ids that are reserved at once, which costs a write. */
const block = 10_000_000;

/**
 * Gives every event an id that none had before it, however the clock is set and whatever was deleted: microseconds
 * since 1970, or the next number where the clock is not ahead of the last one. Ids have the order of arrival.
 */
export class EventIds {
  #last = '';
  /** Up to here the store knows that ids may have been given. */
  #reserved = '';

  /** The last one given. */
  get last(): string {
    return this.#last;
  }

  /** Gives none up to this one. */
  skip(id: string): void {
    if (id > this.#last) this.#last = id;
  }

  /** To be called right before what needs the id is given to `commit`: the reservation is written before that. */
  next(commit: GroupCommit): string {
    const now = sortable(Math.max(first, Math.min(Date.now() * 1000, latest)));
    this.#last = now > this.#last ? now : sortable(Number(this.#last) + 1);
    if (this.#last > this.#reserved) {
      this.#reserved = sortable(Number(this.#last) + block);
      this.#write(commit, this.#reserved);
    }
    return this.#last;
  }

  /** The store may have lost what was reserved. */
  reserveAnew(): void {
    this.#reserved = '';
  }

  /** Returns what was reserved and not given. */
  close(commit: GroupCommit): void {
    if (this.#reserved > this.#last) this.#write(commit, this.#last);
    this.#reserved = '';
  }

  #write(commit: GroupCommit, id: string): void {
    commit.owe([{ type: 'put', key: keys.lastId, value: Buffer.from(id) }]);
  }
}
