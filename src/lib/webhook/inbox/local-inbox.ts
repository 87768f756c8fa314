import { OnegevityError } from '../../api/errors';
import { DeadLetters } from './dead-letters';
import { Emission } from './emission';
import { GroupCommit } from './group-commit';
import type { DeadLetter, Inbox, InboxConsumer, InboxEvent, InboxOptions, InboxStats, Unique } from './inbox';
import type { Keyring } from './keyring';
import type { Lease } from './leases';
import { RecentHashes } from './recent-hashes';
import { readEvent, sealEvent } from './record';
import { all, arrival, keys, packed, Shelf, sortable } from './shelf';
import type { Damage, Operation, Store } from './store';

interface Parts {
  commit: GroupCommit;
  shelf: Shelf;
  emission: Emission;
  dead: DeadLetters;
  recent: RecentHashes;
}

/** An inbox of one process, over any {@link Store}. */
export class LocalInbox implements Inbox {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #parts: Parts | undefined;
  #lastId = '';
  /** Events on their way into the store. */
  #entering = 0;
  #counted = false;

  constructor(
    private readonly store: Store,
    private readonly keyring: Keyring,
    private readonly options: InboxOptions,
  ) {
    this.#maxEvents = options.maxEvents ?? 250_000;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
  }

  async open(consumer: InboxConsumer): Promise<void> {
    const { visibility, attempts, inFlight = 256, maxUnique = 100_000 } = this.options;
    const commit = new GroupCommit(this.store, {
      opened: (damage) => this.#opened(damage, consumer),
      state: (problem) => {
        consumer.state(problem);
        if (problem) return;
        emission.pump();
        // Where the store fails in between, that is reported as such, and the next opening goes on.
        dead.restore().then(
          () => emission.pump(),
          () => undefined,
        );
      },
    });
    const shelf = new Shelf(this.store, this.keyring, commit, consumer);
    const emission = new Emission(shelf, attempts, visibility, inFlight);
    const dead = new DeadLetters(shelf, (due) => emission.postponed(due));
    const recent = new RecentHashes(shelf, this.keyring, maxUnique);
    this.#parts = { commit, shelf, emission, dead, recent };
    this.#counted = false;
    await commit.open();
  }

  async put(event: InboxEvent, unique?: Unique): Promise<'stored' | 'duplicate'> {
    const { recent, commit } = this.#open();
    if (!commit.usable) throw new OnegevityError('inbox_unavailable');
    try {
      if (unique) return await recent.unlessKnown(unique, (more) => this.#store(event, more));
      await this.#store(event, []);
      return 'stored';
    } catch (error) {
      throw error instanceof OnegevityError ? error : new OnegevityError('inbox_unavailable');
    }
  }

  async done(id: string, attempt?: number): Promise<void> {
    const { shelf, emission, commit } = this.#open();
    const lease = this.#end(id, attempt, true);
    commit.owe(shelf.forget(id, lease), () => {
      shelf.events--;
      shelf.bytes -= lease.size;
    });
    emission.pump();
    return Promise.resolve();
  }

  async retry(id: string, attempt: number | undefined, delay: number): Promise<void> {
    const { emission } = this.#open();
    const lease = this.#end(id, attempt, false);
    emission.postpone(id, { attempts: lease.attempt, due: Date.now() + Math.max(0, delay) });
    emission.pump();
    return Promise.resolve();
  }

  async giveUp(id: string, attempt: number | undefined, reason?: string): Promise<void> {
    const { shelf, emission } = this.#open();
    const lease = this.#end(id, attempt, false);
    try {
      const record = await this.store.get(keys.event(id));
      if (record) {
        const read = readEvent(this.keyring, id, record);
        const event = 'problem' in read ? undefined : read.event;
        const death = { attempts: lease.attempt, cause: 'gave_up', ...(reason ? { reason } : {}) } as const;
        await shelf.bury(id, record, death, event);
      }
    } catch {
      // As if nobody had said anything: the event is emitted again when its time is over.
      emission.leases.begin(id, lease.attempt, lease.size);
      throw new OnegevityError('inbox_unavailable');
    }
    emission.pump();
  }

  deadLetters(limit: number, after?: string): Promise<DeadLetter[]> {
    return this.#usable((parts) => parts.dead.list(limit, after));
  }

  replay(id: string): Promise<boolean> {
    return this.#usable(async ({ dead, emission }) => {
      const found = await dead.replay(id);
      emission.pump();
      return found;
    });
  }

  discard(id: string): Promise<boolean> {
    return this.#usable((parts) => parts.dead.discard(id));
  }

  async stats(): Promise<InboxStats> {
    const { shelf, emission, commit } = this.#open();
    await emission.idle();
    await commit.idle();
    const inFlight = emission.leases.size;
    const [first] = commit.usable ? await this.store.entries(all('e'), 1) : [];
    return {
      waiting: Math.max(0, shelf.events - inFlight),
      inFlight,
      delayed: emission.delayed,
      dead: shelf.dead,
      setAside: shelf.setAside,
      ...(first ? { oldest: arrival(first[0].slice(2)) } : {}),
      bytes: shelf.bytes,
      maxEvents: this.#maxEvents,
      maxBytes: this.#maxBytes,
    };
  }

  async close(): Promise<void> {
    if (!this.#parts) return;
    const { emission, commit } = this.#parts;
    this.#parts = undefined;
    const interrupted = await emission.stop();
    // A deploy is not the event's fault: what it interrupts does not count as an attempt.
    for (const { id, attempt } of interrupted) {
      const value = packed({ attempts: attempt - 1, replayed: true });
      commit.owe([{ type: 'put', key: keys.state(id), value }]);
    }
    await commit.close();
  }

  async #store(event: InboxEvent, more: Operation[]): Promise<void> {
    const { shelf, emission, commit } = this.#open();
    const full =
      shelf.events + shelf.dead + shelf.setAside + this.#entering >= this.#maxEvents ||
      shelf.bytes >= this.#maxBytes;
    if (full) throw new OnegevityError('inbox_full');
    const id = this.#newId();
    const direct = emission.announce(id);
    const value = sealEvent(this.keyring, id, event, direct ? 1 : 0);
    this.#entering++;
    try {
      await commit.write([{ type: 'put', key: keys.event(id), value }, ...more], () => {
        shelf.events++;
        shelf.bytes += value.length;
        emission.written(id, direct, event, value.length);
      });
    } catch (error) {
      emission.withdraw(id, direct);
      throw error;
    } finally {
      this.#entering--;
    }
  }

  /** Ids are microseconds since 1970, so they keep their order over restarts. */
  #newId(): string {
    const now = sortable(Date.now() * 1000);
    this.#lastId = now > this.#lastId ? now : sortable(Number(this.#lastId) + 1);
    return this.#lastId;
  }

  /** @param late whether an attempt that has been followed by another may do this */
  #end(id: string, attempt: number | undefined, late: boolean): Lease {
    const { emission } = this.#open();
    const lease = emission.leases.get(id);
    if (!lease) throw new OnegevityError('delivery_ended');
    if (!late && attempt !== undefined && attempt !== lease.attempt)
      throw new OnegevityError('delivery_superseded', { values: { attempt: lease.attempt } });
    emission.leases.end(id);
    return lease;
  }

  async #opened(damage: Damage | undefined, consumer: InboxConsumer): Promise<void> {
    if (damage) {
      consumer.lost(damage);
      // What is stored now is not what was counted.
      this.#counted = false;
    }
    if (this.#counted || !this.#parts) return;
    const { shelf, emission, dead, recent } = this.#parts;
    shelf.events = 0;
    shelf.bytes = 0;
    await shelf.walk(all('e'), (key, value) => {
      shelf.events++;
      shelf.bytes += value.length;
      this.#lastId = key.slice(2);
    });
    await shelf.walk(all('d'), (key, value) => {
      shelf.bytes += value.length;
      if (key.slice(2) > this.#lastId) this.#lastId = key.slice(2);
    });
    await recent.open();
    await dead.open();
    await emission.open(this.#lastId);
    this.#counted = true;
  }

  #open(): Parts {
    if (!this.#parts) throw new OnegevityError('inbox_unavailable');
    return this.#parts;
  }

  async #usable<T>(use: (parts: Parts) => Promise<T>): Promise<T> {
    const parts = this.#open();
    if (!parts.commit.usable) throw new OnegevityError('inbox_unavailable');
    return use(parts);
  }
}
