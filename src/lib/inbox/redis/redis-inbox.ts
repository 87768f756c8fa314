import { randomUUID } from 'node:crypto';
import { OnegevityError } from '../../errors';
import type {
  DeadLetter,
  Inbox,
  InboxConsumer,
  InboxEvent,
  InboxOptions,
  InboxStats,
  Unique,
} from '../contract';
import type { Keyring } from '../keyring';
import { readEvent, sealEvent } from '../record';
import { arrival } from '../event-id';
import { ServerClock } from './clock';
import type { Connect } from './connection';
import { DeadLetters } from './dead-letters';
import { Emission } from './dispatcher';
import { isId } from '../event-id';
import { Keys } from './keys';
import { Link } from './session';
import { Owed } from './offline-queue';
import { riskOf } from './persistence';
import * as replies from './replies';
import * as scripts from './scripts';

/** Milliseconds after which an instance that holds nothing counts as one that will not come back. */
const longUnseen = 24 * 3600 * 1000;
/** Ids that are given back at once. */
const page = 1000;

interface Parts {
  /** Names this opening of the inbox among the consumers of the group. */
  me: string;
  link: Link;
  emission: Emission;
  dead: DeadLetters;
  owed: Owed;
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
    const link = new Link(this.connect, new Keys(this.name), Object.values(scripts), {
      opened: () => this.#opened(consumer),
      state: (problem) => {
        consumer.state(problem);
        if (problem) return;
        emission.start();
        dead.start();
      },
    });
    const read = (record: Buffer) => readEvent(this.keyring, this.name, record);
    const owed = new Owed(link);
    const dead = new DeadLetters(link, owed, this.#clock, this.keyring, consumer, read);
    const emission = new Emission(link, this.#clock, dead, consumer, {
      me,
      visibilityTimeout,
      maxAttempts,
      inFlight,
      read,
    });
    this.#parts = { me, link, emission, dead, owed };
    await link.open();
  }

  async put(event: InboxEvent, unique?: Unique): Promise<'stored' | 'duplicate'> {
    const { link } = this.#open();
    const record = sealEvent(this.keyring, this.name, event, 0);
    const { maxUnique = 100_000 } = this.options;
    const hashes = unique ? this.keyring.hashes(unique.key) : [];
    const bounds = [this.#maxEvents, this.#maxBytes, unique?.window ?? 0, maxUnique];
    const result = replies.text(await link.run(scripts.add, record, ...bounds, ...hashes));
    if (result === 'full') throw new OnegevityError('inbox_full');
    return result === 'duplicate' ? 'duplicate' : 'stored';
  }

  async done(id: string): Promise<void> {
    await this.#end(id, (owed, sure) => owed.run(sure, scripts.done, () => [id]));
  }

  async retry(id: string, attempt: number | undefined, delay: number): Promise<void> {
    const due = performance.now() + Math.max(0, delay);
    const left = () => Math.max(0, due - performance.now());
    // Where it is carried out later, the event may be in a flow once more by then.
    const ends = attempt ?? this.#open().emission.leases.get(id)?.attempt ?? '';
    await this.#end(id, (owed, sure) => owed.run(sure, scripts.retry, () => [id, ends, left()]), attempt);
    this.#parts?.emission.due(left());
  }

  async deadLetter(id: string, attempt: number | undefined, reason?: string): Promise<void> {
    const { link, emission, dead } = this.#open();
    if (!isId(id)) throw new OnegevityError('delivery_already_done');
    const [, current, record] = accepted(await link.run(scripts.read, id, attempt ?? ''));
    const read = readEvent(this.keyring, this.name, replies.bytes(record));
    if ('problem' in read) await dead.quarantine(id, Number(current), read.problem);
    else {
      const death = { cause: 'dead_lettered', ...(reason ? { reason } : {}) } as const;
      accepted(await dead.bury(id, Number(current), death, read.event));
    }
    emission.leases.end(id);
    emission.freed();
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
    return this.#usable(async ({ link, emission }) => {
      await emission.idle();
      const [events, letters, unreadable, bytes, inFlight, delayed, oldest] = replies.list(
        await link.run(scripts.stats),
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
    const { me, link, emission, dead, owed } = this.#parts;
    this.#parts = undefined;
    dead.stop();
    await emission.stop();
    // Without a connection it comes to the same when the visibility is over.
    if (link.usable) await this.#leave(me, link, emission, owed).catch(() => undefined);
    await link.close();
  }

  /** A deploy is not the event's fault: what it interrupts does not count as an attempt, and waits for nothing. */
  async #leave(me: string, link: Link, emission: Emission, owed: Owed): Promise<void> {
    await owed.settle();
    for (let rest = await emission.held(); rest.length > 0; rest = rest.slice(page))
      await link.run(scripts.release, me, ...rest.slice(0, page));
    await link.run(scripts.leave, me);
  }

  async #opened(consumer: InboxConsumer): Promise<void> {
    if (!this.#parts) return;
    const { link, emission, dead, owed } = this.#parts;
    const [time, setBack] = replies.list(await link.run(scripts.open, longUnseen));
    this.#clock.heard(Number(time));
    if (setBack === 1) consumer.risk('clock_set_back');
    const risk = await riskOf(link);
    if (risk) consumer.risk(risk);
    await owed.settle();
    await emission.compare();
    await dead.restore();
  }

  /** @param run is told whether the delivery is in a flow here, so that it can be ended later as well */
  async #end(
    id: string,
    run: (owed: Owed, sure: boolean) => Promise<unknown>,
    attempt?: number,
  ): Promise<void> {
    const { emission, owed } = this.#open();
    if (!isId(id)) throw new OnegevityError('delivery_already_done');
    const lease = emission.leases.get(id);
    const superseded = lease && attempt !== undefined && attempt !== lease.attempt;
    if (lease && !superseded) emission.leases.end(id);
    const result = await run(owed, lease !== undefined);
    emission.freed();
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
