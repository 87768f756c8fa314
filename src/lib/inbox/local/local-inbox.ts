import { OnegevityError } from '../../errors';
import { InboxClock } from '../clock';
import { DeadLetters } from './dead-letters';
import { Dispatcher } from './dispatcher';
import { EventIds } from './event-ids';
import { GroupCommit } from './group-commit';
import type {
  DeadLetter,
  Inbox,
  InboxConsumer,
  InboxEvent,
  InboxOptions,
  InboxStats,
  DedupOptions,
  Damage,
} from '../contract';
import type { Keyring } from '../keyring';
import type { Lease } from '../leases';
import { DedupStore } from './dedup-store';
import { readEvent, sealEvent } from '../record';
import { allKeys, keys, InboxContext } from './context';
import { arrival } from '../event-id';
import type { Operation, Store } from './store';

interface Parts {
  commit: GroupCommit;
  context: InboxContext;
  dispatcher: Dispatcher;
  dead: DeadLetters;
  recent: DedupStore;
}

/** An inbox of one process, over any {@link Store}. */
export class LocalInbox implements Inbox {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #parts: Parts | undefined;
  readonly #ids = new EventIds();
  /** Events on their way into the store. */
  #entering = 0;
  #counted = false;

  constructor(
    private readonly store: Store,
    private readonly keyring: Keyring,
    private readonly options: InboxOptions,
    /** Names the process, whose monotonic clock no other has. */
    private readonly process?: string,
  ) {
    this.#maxEvents = options.maxEvents ?? 250_000;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
  }

  async open(consumer: InboxConsumer): Promise<void> {
    const { visibilityTimeout, maxAttempts, inFlight = 256, maxUnique = 100_000 } = this.options;
    const commit = new GroupCommit(this.store, {
      opened: (damage) => this.#opened(damage, consumer),
      state: (problem) => {
        consumer.onAvailability(problem);
        if (problem) return;
        dispatcher.pump();
        // Where the store fails in between, the next opening goes on.
        dead.restore().then(
          () => dispatcher.pump(),
          (error: unknown) => commit.failed(error),
        );
      },
    });
    const context = new InboxContext(this.store, this.keyring, commit, consumer);
    const clock = new InboxClock(this.process);
    const dispatcher = new Dispatcher(context, clock, maxAttempts, visibilityTimeout, inFlight);
    const dead = new DeadLetters(context, dispatcher);
    const recent = new DedupStore(context, this.keyring, clock, maxUnique);
    this.#parts = { commit, context, dispatcher, dead, recent };
    this.#counted = false;
    await commit.open();
  }

  async put(event: InboxEvent, unique?: DedupOptions): Promise<'stored' | 'duplicate'> {
    const { recent, commit } = this.#open();
    if (!commit.usable) throw new OnegevityError('inbox_unavailable');
    try {
      if (unique) return await recent.putIfAbsent(unique, (more) => this.#store(event, more));
      await this.#store(event, () => []);
      return 'stored';
    } catch (error) {
      throw error instanceof OnegevityError ? error : new OnegevityError('inbox_unavailable');
    }
  }

  async done(id: string, attempt?: number): Promise<void> {
    const { context, dispatcher, commit } = this.#open();
    const lease = this.#openLease(id, attempt, true);
    dispatcher.leases.end(id);
    commit.owe(context.forget(id, lease.direct), () => {
      context.events--;
      context.bytes -= lease.size;
    });
    dispatcher.pump();
    return Promise.resolve();
  }

  async retry(id: string, attempt: number | undefined, delay: number): Promise<void> {
    const { dispatcher } = this.#open();
    dispatcher.retry(this.#openLease(id, attempt, false), Math.max(0, delay));
    return Promise.resolve();
  }

  async deadLetter(id: string, attempt: number | undefined, reason?: string): Promise<void> {
    const { context, dispatcher } = this.#open();
    const { leases } = dispatcher;
    const lease = this.#openLease(id, attempt, false);
    leases.ending(lease);
    try {
      const record = await this.store.get(keys.event(id));
      if (record) {
        const read = readEvent(this.keyring, id, record);
        const event = 'problem' in read ? undefined : read.event;
        const death = {
          attempts: lease.attempt,
          cause: 'dead_lettered',
          ...(reason ? { reason } : {}),
        } as const;
        await context.deadLetter(id, record, death, event, () => leases.end(id));
      }
      leases.end(id);
    } catch {
      // As if nobody had said anything: the event is emitted again when its time is over.
      leases.resume(lease);
      throw new OnegevityError('inbox_unavailable');
    }
    dispatcher.pump();
  }

  deadLetters(limit: number, after?: string): Promise<DeadLetter[]> {
    return this.#usable((parts) => parts.dead.list(limit, after));
  }

  replay(id: string): Promise<boolean> {
    return this.#usable(async ({ dead, dispatcher }) => {
      const found = await dead.replay(id);
      dispatcher.pump();
      return found;
    });
  }

  discard(id: string): Promise<boolean> {
    return this.#usable((parts) => parts.dead.discard(id));
  }

  async stats(): Promise<InboxStats> {
    const { context, dispatcher, commit } = this.#open();
    await dispatcher.idle();
    await commit.idle();
    await dispatcher.idle();
    const inFlight = dispatcher.leases.size;
    const [first] = commit.usable ? await this.#usable(() => this.store.entries(allKeys('e'), 1)) : [];
    return {
      waiting: Math.max(0, context.events - inFlight),
      inFlight,
      delayed: dispatcher.delayed,
      dead: context.dead,
      unreadable: context.unreadable,
      ...(first ? { oldest: arrival(first[0].slice(2)) } : {}),
      bytes: context.bytes,
      maxEvents: this.#maxEvents,
      maxBytes: this.#maxBytes,
    };
  }

  async close(): Promise<void> {
    if (!this.#parts) return;
    const { dispatcher, commit } = this.#parts;
    this.#parts = undefined;
    for (const lease of await dispatcher.stop()) dispatcher.interrupted(lease);
    this.#ids.close(commit);
    await commit.close();
  }

  async #store(event: InboxEvent, more: (id: string) => Operation[]): Promise<void> {
    const { context, dispatcher, commit } = this.#open();
    const full =
      context.events + context.dead + context.unreadable + this.#entering >= this.#maxEvents ||
      context.bytes >= this.#maxBytes;
    if (full) throw new OnegevityError('inbox_full');
    const id = this.#ids.next(commit);
    const direct = dispatcher.reserve(id);
    const value = sealEvent(this.keyring, id, event, direct ? 1 : 0);
    this.#entering++;
    try {
      await commit.write([{ type: 'put', key: keys.event(id), value }, ...more(id)], () => {
        context.events++;
        context.bytes += value.length;
        dispatcher.commit(id, direct, event, value.length);
      });
    } catch (error) {
      dispatcher.rollback(id, direct);
      throw error;
    } finally {
      this.#entering--;
    }
  }

  /** @param late whether an attempt that has been followed by another may do this */
  #openLease(id: string, attempt: number | undefined, late: boolean): Lease {
    const { dispatcher } = this.#open();
    const lease = dispatcher.leases.get(id);
    if (!lease) throw new OnegevityError('delivery_already_done');
    if (!late && attempt !== undefined && attempt !== lease.attempt)
      throw new OnegevityError('delivery_redelivered', { values: { attempt: lease.attempt } });
    return lease;
  }

  async #opened(damage: Damage | undefined, consumer: InboxConsumer): Promise<void> {
    if (damage) {
      consumer.lost(damage);
      // What is stored now is not what was counted, nor what was reserved.
      this.#ids.reserveAnew();
      this.#counted = false;
    }
    if (this.#counted || !this.#parts) return;
    const { context, dispatcher, dead, recent } = this.#parts;
    context.events = 0;
    context.bytes = 0;
    await context.walk(allKeys('e'), (key, value) => {
      context.events++;
      context.bytes += value.length;
      this.#ids.skip(key.slice(2));
    });
    await context.walk(allKeys('d'), (key, value) => {
      context.bytes += value.length;
      this.#ids.skip(key.slice(2));
    });
    this.#ids.skip((await this.store.get(keys.lastId))?.toString() ?? '');
    await recent.open();
    await dead.open();
    await dispatcher.open(this.#ids.last);
    this.#counted = true;
  }

  #open(): Parts {
    if (!this.#parts) throw new OnegevityError('inbox_unavailable');
    return this.#parts;
  }

  /** @throws OnegevityError `inbox_unavailable`, also where the storage itself has thrown: its words may hold a path */
  async #usable<T>(use: (parts: Parts) => Promise<T>): Promise<T> {
    const parts = this.#open();
    if (!parts.commit.usable) throw new OnegevityError('inbox_unavailable');
    try {
      return await use(parts);
    } catch (error) {
      if (error instanceof OnegevityError) throw error;
      parts.commit.failed(error);
      throw new OnegevityError('inbox_unavailable');
    }
  }
}
