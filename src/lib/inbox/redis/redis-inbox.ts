import { randomUUID } from 'node:crypto';
import { OnegevityError } from '../../errors';
import type {
  DeadLetter,
  Inbox,
  InboxConsumer,
  InboxEvent,
  InboxOptions,
  InboxStats,
  DedupOptions,
} from '../contract';
import type { Keyring } from '../keyring';
import { readEvent, sealEvent } from '../record';
import { arrival } from '../event-id';
import { ServerClock } from './clock';
import type { Connect } from './connection';
import { DeadLetters } from './dead-letters';
import { Dispatcher } from './dispatcher';
import { isId } from '../event-id';
import { Keys } from './keys';
import { RedisSession } from './session';
import { OfflineQueue } from './offline-queue';
import { checkDurability } from './persistence';
import * as replies from './replies';
import * as scripts from './scripts';

/** Milliseconds after which an instance that holds nothing counts as one that will not come back. */
const STALE_CONSUMER_MS = 24 * 3600 * 1000;
/** Ids that are given back at once. */
const page = 1000;

interface Parts {
  /** Names this opening of the inbox among the consumers of the group. */
  me: string;
  session: RedisSession;
  dispatcher: Dispatcher;
  dead: DeadLetters;
  offlineQueue: OfflineQueue;
}

/**
 * An inbox in Redis, shared by all processes that open one of the same name: whichever stores an event, any of them
 * emits it, and any may end it.
 *
 * Each instance emits for the first time in the order of arrival; what two instances emit has no order.
 */
export class RedisInbox implements Inbox {
  readonly #maxEvents: number;
  readonly #maxBytes: number;
  #parts: Parts | undefined;
  readonly #clock = new ServerClock();

  /** @param name the same for all that share the inbox */
  constructor(
    private readonly name: string,
    private readonly connect: Connect,
    private readonly keyring: Keyring,
    private readonly options: InboxOptions,
  ) {
    this.#maxEvents = options.maxEvents ?? 250_000;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
  }

  async open(consumer: InboxConsumer): Promise<void> {
    const { visibilityTimeout, maxAttempts, inFlight = 256 } = this.options;
    const me = randomUUID();
    const session = new RedisSession(this.connect, new Keys(this.name), Object.values(scripts), {
      opened: () => this.#opened(consumer),
      state: (problem) => {
        consumer.onAvailability(problem);
        if (problem) return;
        dispatcher.start();
        dead.start();
      },
    });
    const read = (record: Buffer) => readEvent(this.keyring, this.name, record);
    const offlineQueue = new OfflineQueue(session);
    const dead = new DeadLetters(session, offlineQueue, this.#clock, this.keyring, consumer, read);
    const dispatcher = new Dispatcher(session, this.#clock, dead, consumer, {
      consumerId: me,
      visibilityTimeout,
      maxAttempts,
      inFlight,
      read,
    });
    this.#parts = { me, session, dispatcher, dead, offlineQueue };
    await session.open();
  }

  async put(event: InboxEvent, unique?: DedupOptions): Promise<'stored' | 'duplicate'> {
    const { session } = this.#open();
    const record = sealEvent(this.keyring, this.name, event, 0);
    const { maxUnique = 100_000 } = this.options;
    const hashes = unique ? this.keyring.hashes(unique.key) : [];
    const bounds = [this.#maxEvents, this.#maxBytes, unique?.window ?? 0, maxUnique];
    const result = replies.text(await session.run(scripts.add, record, ...bounds, ...hashes));
    if (result === 'full') throw new OnegevityError('inbox_full');
    return result === 'duplicate' ? 'duplicate' : 'stored';
  }

  async done(id: string): Promise<void> {
    await this.#end(id, (offlineQueue, sure) => offlineQueue.run(sure, scripts.done, () => [id]));
  }

  async retry(id: string, attempt: number | undefined, delay: number): Promise<void> {
    const due = performance.now() + Math.max(0, delay);
    const left = () => Math.max(0, due - performance.now());
    // Where it is carried out later, the event may be in a flow once more by then.
    const ends = attempt ?? this.#open().dispatcher.leases.get(id)?.attempt ?? '';
    await this.#end(
      id,
      (offlineQueue, sure) => offlineQueue.run(sure, scripts.retry, () => [id, ends, left()]),
      attempt,
    );
    this.#parts?.dispatcher.due(left());
  }

  async deadLetter(id: string, attempt: number | undefined, reason?: string): Promise<void> {
    const { session, dispatcher, dead } = this.#open();
    if (!isId(id)) throw new OnegevityError('delivery_already_done');
    const [, current, record] = accepted(await session.run(scripts.read, id, attempt ?? ''));
    const read = readEvent(this.keyring, this.name, replies.bytes(record));
    if ('problem' in read) await dead.quarantine(id, Number(current), read.problem);
    else {
      const death = { cause: 'dead_lettered', ...(reason ? { reason } : {}) } as const;
      accepted(await dead.add(id, Number(current), death, read.event));
    }
    dispatcher.leases.end(id);
    dispatcher.freed();
  }

  deadLetters(limit: number, after?: string): Promise<DeadLetter[]> {
    return this.#usable(({ dead }) => dead.list(limit, after));
  }

  replay(id: string): Promise<boolean> {
    return this.#usable(({ dead }) => dead.replay(id));
  }

  discard(id: string): Promise<boolean> {
    return this.#usable(({ dead }) => dead.discard(id));
  }

  /** Of all instances together. @throws OnegevityError `inbox_unavailable` */
  stats(): Promise<InboxStats> {
    return this.#usable(async ({ session, dispatcher }) => {
      await dispatcher.idle();
      const [events, letters, unreadable, bytes, inFlight, delayed, oldest] = replies.list(
        await session.run(scripts.stats),
      );
      return {
        waiting: Math.max(0, Number(events) - Number(letters) - Number(inFlight)),
        inFlight: Number(inFlight),
        delayed: Number(delayed),
        dead: Number(letters) - Number(unreadable),
        unreadable: Number(unreadable),
        ...(oldest ? { oldest: arrival(replies.text(oldest)) } : {}),
        bytes: Number(bytes),
        maxEvents: this.#maxEvents,
        maxBytes: this.#maxBytes,
      };
    });
  }

  async close(): Promise<void> {
    if (!this.#parts) return;
    const { me, session, dispatcher, dead, offlineQueue } = this.#parts;
    this.#parts = undefined;
    dead.stop();
    await dispatcher.stop();
    // Without a connection it comes to the same when the visibility is over.
    if (session.usable) await this.#leave(me, session, dispatcher, offlineQueue).catch(() => undefined);
    await session.close();
  }

  /** A deploy is not the event's fault: what it interrupts does not count as an attempt, and waits for nothing. */
  async #leave(
    me: string,
    session: RedisSession,
    dispatcher: Dispatcher,
    offlineQueue: OfflineQueue,
  ): Promise<void> {
    await offlineQueue.flush();
    for (let rest = await dispatcher.held(); rest.length > 0; rest = rest.slice(page))
      await session.run(scripts.release, me, ...rest.slice(0, page));
    await session.run(scripts.removeConsumer, me);
  }

  async #opened(consumer: InboxConsumer): Promise<void> {
    if (!this.#parts) return;
    const { session, dispatcher, dead, offlineQueue } = this.#parts;
    const [time, setBack] = replies.list(await session.run(scripts.open, STALE_CONSUMER_MS));
    this.#clock.heard(Number(time));
    if (setBack === 1) consumer.onDurabilityWarning('clock_set_back');
    const risk = await checkDurability(session);
    if (risk) consumer.onDurabilityWarning(risk);
    await offlineQueue.flush();
    await dispatcher.compare();
    await dead.restore();
  }

  /** @param run is told whether the delivery is in a flow here, so that it can be ended later as well */
  async #end(
    id: string,
    run: (offlineQueue: OfflineQueue, sure: boolean) => Promise<unknown>,
    attempt?: number,
  ): Promise<void> {
    const { dispatcher, offlineQueue } = this.#open();
    if (!isId(id)) throw new OnegevityError('delivery_already_done');
    const lease = dispatcher.leases.get(id);
    const superseded = lease && attempt !== undefined && attempt !== lease.attempt;
    if (lease && !superseded) dispatcher.leases.end(id);
    const result = await run(offlineQueue, lease !== undefined);
    dispatcher.freed();
    if (result !== undefined) accepted(result);
  }

  #open(): Parts {
    if (!this.#parts) throw new OnegevityError('inbox_unavailable');
    return this.#parts;
  }

  async #usable<T>(use: (parts: Parts) => Promise<T>): Promise<T> {
    return use(this.#open());
  }
}

/** @throws OnegevityError `delivery_already_done`, `delivery_redelivered` */
function accepted(reply: unknown): unknown[] {
  const [result, attempt] = replies.list(reply);
  switch (replies.text(result)) {
    case 'ok':
      return replies.list(reply);
    case 'superseded':
      throw new OnegevityError('delivery_redelivered', { values: { attempt: Number(attempt) } });
    default:
      throw new OnegevityError('delivery_already_done');
  }
}
