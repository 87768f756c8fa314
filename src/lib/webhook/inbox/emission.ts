import type { Delivery, InboxEvent } from './inbox';
import { type Lease, Leases } from './leases';
import { readEvent } from './record';
import { all, keys, packed, type Shelf, sortable, type State, unpacked } from './shelf';

const pageSize = 64;
const longestTimer = 2 ** 31 - 1;

interface Due {
  id: string;
  record: Buffer;
  /** Undefined: as the record itself says. */
  state?: State | undefined;
  /** The time under which it was waiting to be emitted again. */
  due?: number;
}

/**
 * Decides what is emitted when. Events are read from the store in the order of arrival, behind a cursor, as places
 * become free; one that arrives when nothing waits and a place is free is emitted straight from memory, and is stored
 * with that emission already counted.
 */
export class Emission {
  readonly leases: Leases;
  delayed = 0;
  /** Everything up to here has been emitted, or has its own time to be. */
  #cursor = '';
  /** Last id that was not emitted from memory. */
  #tail = '';
  /** Everything up to here has been written, or never will be. */
  #settled = '';
  /** Last id stored before this inbox was opened: whether those were emitted before is not certain. */
  #inherited = '';
  #nextDue = Infinity;
  #timer: NodeJS.Timeout | undefined;
  #pumping: Promise<void> | undefined;
  #again = false;
  #stopped = true;
  #ready: Delivery[] = [];
  /** Taken from the store, and could not be emitted because the store failed. */
  readonly #returned: Due[] = [];

  /**
   * @param attempts emissions before an event becomes a dead letter
   * @param visibility milliseconds
   */
  constructor(
    private readonly shelf: Shelf,
    private readonly attempts: number,
    visibility: number,
    inFlight: number,
  ) {
    this.leases = new Leases(inFlight, visibility, (expired) => this.#expired(expired));
  }

  /** @param last the greatest id in the store */
  async open(last: string): Promise<void> {
    this.#inherited = last;
    this.#settled = last;
    this.#tail = last;
    // Also opened again where the storage was damaged in between: then everything in it is emitted again.
    this.#cursor = '';
    this.#returned.length = 0;
    this.delayed = 0;
    this.leases.clear();
    const retries = await this.shelf.store.entries(all('r'), 1);
    await this.shelf.walk(all('r'), () => void this.delayed++);
    this.#nextDue = retries[0] ? dueOf(retries[0][0]) : Infinity;
    this.#stopped = false;
    this.#schedule();
    this.pump();
  }

  /** Emits nothing more. @returns the deliveries that were in flows */
  async stop(): Promise<Lease[]> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.idle();
    return this.leases.clear();
  }

  async idle(): Promise<void> {
    while (this.#pumping) await this.#pumping;
  }

  /**
   * Announces an event that is about to be written.
   * @returns whether it will be emitted straight from memory; a place is then kept for it
   */
  announce(id: string): boolean {
    const direct = !this.#stopped && this.#cursor >= this.#tail && this.leases.reserve();
    if (direct) this.#cursor = id;
    else this.#tail = id;
    return direct;
  }

  /** Takes back an announcement. */
  withdraw(id: string, direct: boolean): void {
    this.#settled = id;
    if (direct) this.leases.unreserve();
    this.pump();
  }

  /** An announced event has been written. */
  written(id: string, direct: boolean, event: InboxEvent, size: number): void {
    this.#settled = id;
    if (!direct) return this.pump();
    this.leases.unreserve();
    if (this.#stopped) return;
    this.leases.begin(id, 1, size, true);
    this.#emit(id, 1, false, event);
  }

  /** An event is to be emitted again at a time, in milliseconds since 1970. */
  postponed(due: number): void {
    this.delayed++;
    this.#nextDue = Math.min(this.#nextDue, due);
    this.#schedule();
  }

  /** Emits what may be emitted now. */
  pump(): void {
    if (this.#stopped || !this.shelf.commit.usable) return;
    this.#again = true;
    if (this.#pumping || this.leases.room === 0) return;
    this.#pumping = this.#pump()
      // Its reopening starts the pump anew.
      .catch((error: unknown) => this.shelf.commit.failed(error))
      .finally(() => {
        this.#pumping = undefined;
        if (this.#again) this.pump();
      });
  }

  async #pump(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false;
      while (this.leases.room > 0 && !this.#stopped) {
        const page = await this.#nextPage(Math.min(pageSize, this.leases.room));
        if (page.length === 0) break;
        await this.#take(page);
        if (!this.shelf.commit.usable) return;
      }
    }
  }

  async #nextPage(limit: number): Promise<Due[]> {
    if (this.#returned.length > 0) return this.#returned.splice(0, limit);
    if (this.#nextDue <= Date.now()) {
      const due = await this.#dueNow(limit);
      if (due.length > 0) return due;
    }
    return this.#nextInOrder(limit);
  }

  async #nextInOrder(limit: number): Promise<Due[]> {
    for (;;) {
      const until = this.#settled;
      if (this.#cursor >= until) return [];
      const { store } = this.shelf;
      const events = await store.entries({ gt: keys.event(this.#cursor), lte: keys.event(until) }, limit);
      const last = events.length < limit ? until : idOf(events.at(-1)![0]);
      const states = new Map(
        events.length === 0
          ? []
          : await store.entries({ gt: keys.state(this.#cursor), lte: keys.state(last) }, Infinity),
      );
      this.#cursor = last;
      const page = events
        .map(([key, record]): Due => {
          const id = idOf(key);
          const stored = states.get(keys.state(id));
          return { id, record, state: stored && unpacked(stored) };
        })
        // Those that have their own time are found by it.
        .filter(({ state }) => state?.due === undefined);
      if (page.length > 0) return page;
    }
  }

  async #dueNow(limit: number): Promise<Due[]> {
    const { store, commit } = this.shelf;
    // What is postponed while this reads lowers it again.
    this.#nextDue = Infinity;
    const marks = await store.entries({ gt: 'r!', lt: `r!${sortable(Date.now() + 1)}` }, limit);
    const [next] = await store.entries({ gt: marks.at(-1)?.[0] ?? 'r!', lt: 'r"' }, 1);
    this.#nextDue = Math.min(this.#nextDue, next ? dueOf(next[0]) : Infinity);
    this.#schedule();
    const page: Due[] = [];
    for (const [key] of marks) {
      const id = key.slice(key.lastIndexOf('!') + 1);
      const [record, state] = await Promise.all([store.get(keys.event(id)), store.get(keys.state(id))]);
      if (record) page.push({ id, record, state: state && unpacked(state), due: dueOf(key) });
      else commit.owe([{ type: 'del', key }]);
    }
    return page;
  }

  /** Counts the emissions in the store first, so that an event that ends the process is not emitted for ever. */
  async #take(page: readonly Due[]): Promise<void> {
    const { shelf } = this;
    await Promise.all(
      page.map(async (one) => {
        const { id, record, state, due } = one;
        const read = readEvent(shelf.keyring, id, record);
        const { attempts } = state ?? ('problem' in read ? { attempts: 0 } : read);
        try {
          if ('problem' in read) {
            await shelf.bury(id, record, { attempts, cause: read.problem }, undefined, due);
          } else if (attempts >= this.attempts) {
            await shelf.bury(id, record, { attempts, cause: 'attempts' }, read.event, due);
          } else {
            const next: State = { attempts: attempts + 1, ...(state?.replayed ? { replayed: true } : {}) };
            await shelf.commit.settle(
              [
                { type: 'put', key: keys.state(id), value: packed(next) },
                ...(due === undefined ? [] : [{ type: 'del', key: keys.retry(due, id) } as const]),
              ],
              false,
            );
            const replayed = next.attempts > 1 || state?.replayed === true || id <= this.#inherited;
            this.leases.begin(id, next.attempts, record.length);
            this.#emit(id, next.attempts, replayed, read.event);
          }
          if (due !== undefined) this.delayed--;
        } catch {
          this.#returned.push(one);
        }
      }),
    );
  }

  /** Emits again what was not ended in time. */
  #expired(leases: readonly Lease[]): void {
    for (const { id, attempt } of leases) {
      this.postpone(id, { attempts: attempt, due: Date.now() });
    }
    this.pump();
  }

  /** Has an event emitted again at `state.due`. */
  postpone(id: string, state: State & { due: number }): void {
    this.shelf.commit.owe(
      [
        { type: 'put', key: keys.state(id), value: packed(state) },
        { type: 'put', key: keys.retry(state.due, id), value: Buffer.alloc(0) },
      ],
      () => {
        this.postponed(state.due);
        this.pump();
      },
    );
  }

  #emit(id: string, attempt: number, replayed: boolean, event: InboxEvent): void {
    this.#ready.push({ id, attempt, replayed, event });
    // The door answers first: it waits for the same write.
    if (this.#ready.length === 1) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    const deliveries = this.#ready;
    this.#ready = [];
    for (const delivery of deliveries) if (!this.#stopped) this.shelf.consumer.deliver(delivery);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#nextDue === Infinity) return;
    const pause = Math.min(Math.max(0, this.#nextDue - Date.now()), longestTimer);
    this.#timer = setTimeout(() => {
      // A timer may come a millisecond before the clock, or because it cannot wait any longer.
      if (this.#nextDue > Date.now()) this.#schedule();
      else this.pump();
    }, pause);
    this.#timer.unref();
  }
}

function idOf(key: string): string {
  return key.slice(2);
}

function dueOf(key: string): number {
  return Number(key.split('!')[1]);
}
