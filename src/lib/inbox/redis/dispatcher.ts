import type { InboxConsumer } from '../contract';
import { MAX_TIMEOUT_MS } from '../../max-timeout';
import { Leases } from '../leases';
import { Pump } from '../pump';
import type { ReadRecord } from '../record';
import type { ServerClock } from './clock';
import type { DeadLetters } from './dead-letters';
import type { RedisSession } from './session';
import * as replies from './replies';
import * as scripts from './scripts';

/** Seconds after which an idle instance looks by itself: for what others have lost, or cannot take. */
const POLL_INTERVAL_S = 5;
/** Milliseconds between two looks at what has been ended elsewhere, while no place is free here. */
const RECONCILE_INTERVAL_MS = 1000;
/** Ids that are asked for at once. */
const page = 1000;

export interface DispatcherOptions {
  /** Names this opening of the inbox among the consumers of the group. */
  consumerId: string;
  visibilityTimeout: number;
  maxAttempts: number;
  inFlight: number;
  read: (record: Buffer) => ReadRecord;
}

/**
 * Takes events from the stream as places become free, and emits them. An instance with a free place waits for a token
 * that comes with every new event; what is due again at a time is taken by a timer.
 */
export class Dispatcher {
  readonly leases: Leases;
  #timer: NodeJS.Timeout | undefined;
  /** For when the timer is set, by the monotonic clock of the process. */
  #next = Infinity;
  #comparing: NodeJS.Timeout | undefined;
  readonly #pump = new Pump(
    () => this.#takeAll(),
    () => this.session.usable,
    // The session has noticed, and starts it anew.
    () => undefined,
  );
  /** There may be more to take than there were places for. */
  #more = false;
  #waiting = false;
  /** Timed out here, and as far as is known still held in the stream: it was emitted, unlike what is given back. */
  readonly #expired = new Set<string>();

  constructor(
    private readonly session: RedisSession,
    private readonly clock: ServerClock,
    private readonly dead: DeadLetters,
    private readonly consumer: InboxConsumer,
    private readonly options: DispatcherOptions,
  ) {
    // What has timed out is due in the stream as well.
    this.leases = new Leases(options.inFlight, options.visibilityTimeout, (leases) => {
      for (const { id } of leases) this.#expired.add(id);
      this.freed();
    });
  }

  /** Begins, or goes on after the link was broken. */
  start(): void {
    this.#pump.start();
    this.pump();
    this.#wait();
  }

  /** Emits nothing more. */
  async stop(): Promise<void> {
    const stopped = this.#pump.stop();
    clearTimeout(this.#timer);
    clearTimeout(this.#comparing);
    this.leases.clear();
    await stopped;
  }

  idle(): Promise<void> {
    return this.#pump.settled();
  }

  /** A place has become free. */
  freed(): void {
    if (this.#more) this.pump();
    this.#wait();
  }

  /** Something is due. @param pause milliseconds from now */
  due(pause: number): void {
    const time = performance.now() + pause;
    if (this.#pump.isStopped || this.#next <= time) return;
    clearTimeout(this.#timer);
    this.#next = time;
    if (pause <= 0) return this.#pumpDue();
    this.#timer = setTimeout(() => this.#pumpDue(), Math.min(pause, MAX_TIMEOUT_MS));
    this.#timer.unref();
  }

  /** Takes what can be taken now. */
  pump(): void {
    this.#pump.pump();
  }

  /**
   * Brings the places here in line with the stream: gives back what was taken and never came, and frees what was
   * ended elsewhere.
   */
  async compare(): Promise<void> {
    const { consumerId: me } = this.options;
    const open = new Set(this.leases.ids());
    const held = new Set(await this.held());
    for (const id of this.#expired) if (!held.has(id)) this.#expired.delete(id);
    const lost = [...held].filter((id) => !open.has(id) && !this.#expired.has(id));
    if (lost.length > 0) await this.session.run(scripts.release, me, ...lost);
    for (const id of open) if (!held.has(id)) this.leases.end(id);
  }

  /** Everything that the stream has for this instance. */
  async held(): Promise<string[]> {
    const all: string[] = [];
    for (let count = page; count === page;) {
      const some = replies.texts(
        await this.session.run(scripts.pendingFor, this.options.consumerId, page, all.at(-1) ?? ''),
      );
      all.push(...some);
      count = some.length;
    }
    return all;
  }

  #pumpDue(): void {
    this.#next = Infinity;
    this.pump();
  }

  async #takeAll(): Promise<void> {
    while (this.leases.available > 0 && !this.#pump.isStopped) {
      const asked = this.leases.available;
      // Also where the call fails.
      this.#more = true;
      this.#more = (await this.#take(asked)) === asked;
      if (!this.#more) break;
    }
    if (this.leases.available === 0) this.#compareLater();
  }

  /** @returns how many were taken */
  async #take(room: number): Promise<number> {
    const { consumerId: me, visibilityTimeout, maxAttempts } = this.options;
    const asked = performance.now();
    const reply = await this.session.run(scripts.take, me, room, visibilityTimeout, maxAttempts);
    const { time, next, taken, setBack } = replies.taken(reply);
    this.clock.heard(time);
    if (setBack) this.consumer.onDurabilityWarning('clock_set_back');
    // What comes after the instance was stopped is given back with the rest.
    if (this.#pump.isStopped) return 0;
    this.#next = Infinity;
    // What was due already found no place, and is taken when there is one.
    if (next !== undefined && next > 0) this.due(asked + next - performance.now());
    await Promise.all(taken.map((one) => this.#emit(one)));
    return taken.length;
  }

  async #emit({ id, attempt, kind, record }: replies.Taken): Promise<void> {
    const read = this.options.read(record);
    if ('problem' in read) return this.dead.quarantine(id, attempt, read.problem);
    if (kind === 'exhausted') {
      await this.dead.add(id, attempt, { cause: 'max_attempts' }, read.event);
      return;
    }
    // An earlier attempt may still be open here: at most one delivery of an event is.
    this.leases.end(id);
    this.#expired.delete(id);
    this.leases.acquire(id, attempt, record.length);
    this.consumer.deliver({ id, attempt, redelivered: kind === 'again', event: read.event });
  }

  #wait(): void {
    if (this.#waiting || this.#pump.isStopped) return;
    this.#waiting = true;
    this.#waitWhileRoom()
      .catch(() => undefined)
      .finally(() => (this.#waiting = false));
  }

  async #waitWhileRoom(): Promise<void> {
    while (this.leases.available > 0 && !this.#pump.isStopped && this.session.usable) {
      const woken = await this.session.wake(POLL_INTERVAL_S);
      // Somebody else may have room.
      if (woken && this.leases.available === 0) await this.session.signal();
      this.pump();
      await this.idle();
    }
  }

  #compareLater(): void {
    clearTimeout(this.#comparing);
    this.#comparing = setTimeout(() => {
      // Where the link is broken, it compares when it is back.
      this.#compareIfFull().catch(() => undefined);
    }, RECONCILE_INTERVAL_MS);
    this.#comparing.unref();
  }

  async #compareIfFull(): Promise<void> {
    await this.idle();
    if (this.#pump.isStopped || !this.session.usable || this.leases.available > 0) return;
    await this.compare();
    // Comes back here where none was freed.
    this.freed();
  }
}
