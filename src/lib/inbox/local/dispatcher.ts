import type { InboxClock } from '../clock';
import { DelayQueue } from './delay-queue';
import type { InboxMessage, InboxEvent } from '../contract';
import { MAX_TIMEOUT_MS } from '../../max-timeout';
import { type Lease, Leases } from '../leases';
import { Pump } from '../pump';
import { readEvent } from '../record';
import { allKeys, keys, encodeState, type InboxContext, type DeliveryState, decodeState } from './context';

const pageSize = 64;

/** A stored event that has been taken, to be emitted now. */
interface Taken {
  lease: Lease;
  record: Buffer;
  /** Undefined: as the record itself says. */
  state: DeliveryState | undefined;
}

/**
 * Decides what is emitted when. Events are read from the store in the order of arrival, behind a cursor, as places
 * become free; one that arrives when nothing waits and a place is free is emitted straight from memory, and is stored
 * with that emission already counted. What is to be emitted again later is kept in memory with its time.
 *
 * Every event that is not ended is in one place: behind the cursor, in the queue of those that have a time of their
 * own, or in {@link leases}.
 */
export class Dispatcher {
  readonly leases: Leases;
  readonly #delayed = new DelayQueue();
  /** Everything up to here has been emitted, or has its own time to be. */
  #cursor = '';
  /** What lies behind the cursor and must not be emitted when the cursor comes there: it has had its own time. */
  readonly #outOfOrder = new Set<string>();
  /** Last id that was not emitted from memory. */
  #tail = '';
  /** Everything up to here has been written, or never will be. */
  #writtenUpTo = '';
  /** Last id stored before this inbox was opened: whether those were emitted before is not certain. */
  #preexistingMax = '';
  #timer: NodeJS.Timeout | undefined;
  readonly #pump = new Pump(
    () => this.#takeAll(),
    () => this.context.commit.usable && this.leases.available > 0,
    // Its reopening starts the pump anew.
    (error) => this.context.commit.failed(error),
  );
  #ready: InboxMessage[] = [];

  /**
   * @param maxAttempts emissions before an event becomes a dead letter
   * @param visibility milliseconds
   */
  constructor(
    private readonly context: InboxContext,
    private readonly clock: InboxClock,
    private readonly maxAttempts: number,
    visibilityTimeout: number,
    inFlight: number,
  ) {
    this.leases = new Leases(inFlight, visibilityTimeout, (expired) => this.#expired(expired));
  }

  /** How many are to be emitted again at a time. */
  get delayed(): number {
    return this.#delayed.size;
  }

  /** @param last the greatest id in the store */
  async open(last: string): Promise<void> {
    this.#preexistingMax = last;
    this.#writtenUpTo = last;
    this.#tail = last;
    // Also opened again if the storage was damaged in between: then everything in it is emitted again, but for what is
    // in a flow and still stored.
    this.#cursor = '';
    this.#delayed.clear();
    this.#outOfOrder.clear();
    for (const id of this.leases.ids())
      if (!(await this.context.store.get(keys.event(id)))) this.leases.end(id);
    let implausible = 0;
    await this.context.walk(allKeys('s'), (key, value) => {
      const { delay, since } = decodeState(value);
      if (delay === undefined) return;
      const elapsed = since === undefined ? undefined : this.clock.since(since);
      if (elapsed === undefined) implausible++;
      const id = idOf(key);
      this.expect(id);
      this.#delayed.add(id, performance.now() + (elapsed === undefined ? 0 : delay - elapsed));
    });
    if (implausible > 0) this.context.consumer.onDurabilityWarning('clock_set_back');
    this.#pump.start();
    this.#setTimer();
    this.pump();
  }

  /** Emits nothing more. @returns the deliveries that were not ended */
  async stop(): Promise<Lease[]> {
    const stopped = this.#pump.stop();
    clearTimeout(this.#timer);
    await stopped;
    return this.leases.clear();
  }

  idle(): Promise<void> {
    return this.#pump.settled();
  }

  /**
   * Announces an event that is about to be written.
   * @returns whether it will be emitted straight from memory; a place is then kept for it
   */
  reserve(id: string): boolean {
    const direct = !this.#pump.isStopped && this.#cursor >= this.#tail && this.leases.reserve();
    if (direct) this.#cursor = id;
    else this.#tail = id;
    return direct;
  }

  /** Takes back an announcement. */
  rollback(id: string, direct: boolean): void {
    this.#writtenUpTo = id;
    if (direct) this.leases.unreserve();
    this.pump();
  }

  /** An announced event has been written. */
  commit(id: string, direct: boolean, event: InboxEvent, size: number): void {
    this.#writtenUpTo = id;
    if (!direct) return this.pump();
    this.leases.unreserve();
    // It is stored as emitted, and is not.
    if (this.#pump.isStopped) return this.#store(id, { attempts: 0 });
    if (this.leases.acquire(id, 1, size, true)) this.#emit(id, 1, false, event);
  }

  /** An event is about to get a time of its own: the cursor passes over it. */
  expect(id: string): void {
    if (id > this.#cursor) this.#outOfOrder.add(id);
  }

  /** Has a stored event emitted again. @param delay milliseconds */
  schedule(id: string, delay: number): void {
    this.#delayed.add(id, performance.now() + delay);
    this.#setTimer();
    this.pump();
  }

  /** Has an event that was in a flow emitted again. @param delay milliseconds */
  retry({ id, attempt }: Lease, delay: number): void {
    this.leases.end(id);
    this.#store(id, { attempts: attempt, delay, since: this.clock.moment() });
    this.schedule(id, delay);
  }

  /** A deploy is not the event's fault: what it interrupts does not count as an attempt. */
  interrupted({ id, attempt, phase }: Lease): void {
    // Otherwise it has just become a dead letter, or is as it was before it was taken.
    if (phase !== 'ending') this.#store(id, { attempts: attempt - 1, redelivered: true });
  }

  /** Emits what may be emitted now. */
  pump(): void {
    this.#pump.pump();
  }

  async #takeAll(): Promise<void> {
    while (this.leases.available > 0 && !this.#pump.isStopped) {
      const room = Math.min(pageSize, this.leases.available);
      const due = await this.#takeDue(room);
      const taken = due.length > 0 ? due : await this.#takeInOrder(room);
      if (taken.length === 0) break;
      for (const one of taken) this.#begin(one);
    }
  }

  /** @returns none only where none is due */
  async #takeDue(room: number): Promise<Taken[]> {
    for (;;) {
      const leases: Lease[] = [];
      for (let id = this.#nextDue(); id !== undefined; id = this.#nextDue()) {
        const lease = this.leases.take(id);
        if (lease && leases.push(lease) === room) break;
      }
      this.#setTimer();
      if (leases.length === 0) return [];
      const taken = await this.#readAll(leases);
      if (taken.length > 0) return taken;
    }
  }

  /** Reads events that have been taken; one that somebody has deleted is left out. */
  async #readAll(leases: readonly Lease[]): Promise<Taken[]> {
    const { store, commit } = this.context;
    try {
      const stored = await Promise.all(
        leases.map(({ id }) => Promise.all([store.get(keys.event(id)), store.get(keys.state(id))])),
      );
      return leases.flatMap((lease, at): Taken[] => {
        const [record, state] = stored[at]!;
        if (record) return [{ lease, record, state: state && decodeState(state) }];
        this.leases.end(lease.id);
        commit.owe([{ type: 'del', key: keys.state(lease.id) }]);
        return [];
      });
    } catch (error) {
      // They are due still, once the store can be read again.
      for (const { id } of leases) {
        this.leases.end(id);
        this.#delayed.add(id, performance.now());
      }
      throw error;
    }
  }

  #nextDue(): string | undefined {
    return this.#delayed.take(performance.now());
  }

  /** @returns none only where none waits, or nothing can be read */
  async #takeInOrder(room: number): Promise<Taken[]> {
    for (;;) {
      const until = this.#writtenUpTo;
      // What was rejected may be found until the store is open again.
      if (!this.context.commit.usable) return [];
      if (this.#cursor >= until) {
        this.#outOfOrder.clear();
        return [];
      }
      const { store } = this.context;
      const events = await store.entries({ gt: keys.event(this.#cursor), lte: keys.event(until) }, room);
      const last = events.length < room ? until : idOf(events.at(-1)![0]);
      const states = new Map(
        events.length === 0
          ? []
          : await store.entries({ gt: keys.state(this.#cursor), lte: keys.state(last) }, Infinity),
      );
      this.#cursor = last;
      const taken = events.flatMap(([key, record]): Taken[] => {
        const id = idOf(key);
        const lease = this.#outOfOrder.delete(id) ? undefined : this.leases.take(id);
        const state = states.get(keys.state(id));
        return lease ? [{ lease, record, state: state && decodeState(state) }] : [];
      });
      if (taken.length > 0) return taken;
    }
  }

  /** Counts the emission in the store first, so that an event that ends the process is not emitted for ever. */
  #begin({ lease, record, state }: Taken): void {
    const { context } = this;
    const { id } = lease;
    const read = readEvent(context.keyring, id, record);
    const { attempts } = state ?? ('problem' in read ? { attempts: 0 } : read);
    if ('problem' in read) return this.#deadLetter(lease, record, { attempts, cause: read.problem });
    if (attempts >= this.maxAttempts)
      return this.#deadLetter(lease, record, { attempts, cause: 'max_attempts' }, read.event);
    lease.attempt = attempts + 1;
    lease.size = record.length;
    const { attempt } = lease;
    const redelivered = attempt > 1 || state?.redelivered === true || id <= this.#preexistingMax;
    this.#store(id, { attempts: attempt, ...(state?.redelivered ? { redelivered: true } : {}) }, () => {
      if (this.#pump.isStopped) return;
      this.leases.open(lease);
      this.#emit(id, attempt, redelivered, read.event);
    });
  }

  #deadLetter(
    lease: Lease,
    record: Buffer,
    death: { attempts: number; cause: 'max_attempts' | 'damaged' | 'unknown_key' },
    event?: InboxEvent,
  ): void {
    lease.phase = 'ending';
    this.context
      .deadLetter(lease.id, record, death, event, () => this.leases.end(lease.id))
      .then(
        () => this.pump(),
        // Closed before: it is found again as it was.
        () => undefined,
      );
  }

  #store(id: string, state: DeliveryState, commit?: () => void): void {
    this.context.commit.owe([{ type: 'put', key: keys.state(id), value: encodeState(state) }], commit);
  }

  /** Emits again what was not ended in time. Nothing need be stored: after a restart it is emitted at once, too. */
  #expired(leases: readonly Lease[]): void {
    for (const { id } of leases) this.schedule(id, 0);
  }

  #emit(id: string, attempt: number, redelivered: boolean, event: InboxEvent): void {
    this.#ready.push({ id, attempt, redelivered, event });
    // The webhook is answered first: it waits for the same write.
    if (this.#ready.length === 1) setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    const deliveries = this.#ready;
    this.#ready = [];
    for (const delivery of deliveries) if (!this.#pump.isStopped) this.context.consumer.deliver(delivery);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    if (this.#pump.isStopped || this.#delayed.next === Infinity) return;
    const pause = Math.max(0, this.#delayed.next - performance.now());
    this.#timer = setTimeout(
      () => {
        // It may come early, since it cannot wait any longer.
        if (this.#delayed.next > performance.now()) this.#setTimer();
        else this.pump();
      },
      Math.min(Math.ceil(pause), MAX_TIMEOUT_MS),
    );
    this.#timer.unref();
  }
}

function idOf(key: string): string {
  return key.slice(2);
}
