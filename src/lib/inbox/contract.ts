import type { OnegevityError } from '../errors';

/** An event as an inbox keeps it. */
export interface InboxEvent {
  /** What lists show: the name of a topic, never patient data. At most 255 bytes of UTF-8. */
  topic: string;
  /** Milliseconds since 1970. */
  receivedAt: number;
  /** Whatever its owner needs to emit the event; the inbox never looks inside, and stores it encrypted. */
  content: Buffer;
}

/** An event on its way through a flow. */
export interface InboxMessage {
  /** Stays the same over all attempts, so it can serve a flow as the key of "did I do this already?". */
  id: string;
  /** 1 for the first emission. */
  attempt: number;
  /** Whether this event may have been emitted before. */
  redelivered: boolean;
  event: InboxEvent;
}

/** Why an event is no longer emitted. The last two were never dead: nobody can read them at present. */
export type DeadLetterCause = 'max_attempts' | 'dead_lettered' | 'damaged' | 'unknown_key';

export interface DeadLetterMessage extends InboxMessage {
  cause: DeadLetterCause;
  /** The flow's own words; may hold anything, so it travels in messages only. */
  reason?: string;
}

/** A dead letter as a list shows it: no patient data. */
export interface DeadLetter {
  id: string;
  /** Undefined where the record cannot be read. */
  topic?: string;
  receivedAt: number;
  deadLetteredAt: number;
  attempts: number;
  cause: DeadLetterCause;
  /** Only where the flow's reason is one of this package's error codes. */
  reason?: string;
}

export interface InboxStats {
  /** Stored, and not in a flow at the moment. */
  waiting: number;
  /** In a flow: emitted, and neither ended nor timed out. */
  inFlight: number;
  /** Of those waiting: to be emitted again later, because the flow asked for it. */
  delayed: number;
  /** Dead letters, without those set aside. */
  dead: number;
  /** Records that could not be read. */
  unreadable: number;
  /** Arrival of the oldest event that is not ended, in milliseconds since 1970. */
  oldest?: number;
  /** Size of all records, in bytes. */
  bytes: number;
  maxEvents: number;
  maxBytes: number;
}

/** Recognises an event that arrives twice. */
export interface DedupOptions {
  /** Any text; only a keyed hash of it is stored. */
  key: string;
  /** Milliseconds. */
  window: number;
}

/** What was found and done about it when a storage was opened. How much was lost is not known. */
export interface Damage {
  /** Events and dead letters that could be read. */
  readable: number;
  /** Where the damaged files were put. */
  kept?: string;
}

export interface InboxOptions {
  /** Milliseconds a flow has to end a delivery, before the event is emitted again. */
  visibilityTimeout: number;
  /** How often an event is emitted before it becomes a dead letter. */
  maxAttempts: number;
  /** Deliveries in flows at one time. Default 256. */
  inFlight?: number;
  /** Events stored at one time, dead letters included; more are rejected. Default 250,000. */
  maxEvents?: number;
  /** Bytes of all records; more are rejected. Default 1 GiB. */
  maxBytes?: number;
  /** Hashes remembered for {@link DedupOptions}; the oldest leave. Default 100,000. */
  maxUnique?: number;
}

/** Who takes events out. None of its functions may throw. */
export interface InboxConsumer {
  deliver(delivery: InboxMessage): void;
  /** Called once the dead letter is stored. */
  deadLetter(letter: DeadLetterMessage): void;
  /** Records that could not be read were set aside. */
  quarantine(count: number, cause: 'damaged' | 'unknown_key'): void;
  /** The storage was damaged: an unknown number of events was lost, and others may be delivered again. */
  lost(damage: Damage): void;
  /** The inbox cannot store at present, or (undefined) can again. */
  onAvailability(problem: OnegevityError | undefined): void;
  /** The storage works, and yet does not promise what it should. May be called with every connection. */
  onDurabilityWarning(onDurabilityWarning: DurabilityWarning): void;
}

/**
 * What a storage does not promise: to keep what it has acknowledged, to keep it when memory is short, to be reached in
 * secret; or nobody may ask it. Or stored times are in the future, since a clock was wrong: what they delayed is
 * emitted now.
 */
export type DurabilityWarning =
  'redis_not_durable' | 'redis_evicts' | 'redis_unencrypted' | 'redis_unchecked' | 'clock_set_back';

/**
 * Keeps events until a flow has dealt with them: what {@link Inbox.put} accepted is emitted until somebody ends it,
 * also after a crash. First emissions come in the order of arrival; an event that is emitted again comes later.
 *
 * `done`, `retry` and `deadLetter` end a delivery for the flow at once and are carried out behind. If the process dies in
 * between, the event is emitted again, marked as replayed.
 */
export interface Inbox {
  /** Starts emitting. Where the storage does not work, that is reported to the consumer and tried again. */
  open(consumer: InboxConsumer): Promise<void>;
  /**
   * Resolves once the event survives the end of the process and of the machine.
   * @throws OnegevityError `inbox_full`, `redis_full`, `inbox_unavailable`
   */
  put(event: InboxEvent, unique?: DedupOptions): Promise<'stored' | 'duplicate'>;
  /**
   * @param attempt the attempt that ends; an earlier one than the present may end an event, but not retry it
   * @throws OnegevityError `delivery_already_done`, `delivery_redelivered`
   */
  done(id: string, attempt?: number): Promise<void>;
  /** Emits the event again. @param delay milliseconds @throws OnegevityError as {@link done} */
  retry(id: string, attempt: number | undefined, delay: number): Promise<void>;
  /**
   * Makes the event a dead letter. Resolves once that is stored: where the storage fails meanwhile, once it is back.
   * @throws OnegevityError as {@link done}, `inbox_unavailable`
   */
  deadLetter(id: string, attempt: number | undefined, reason?: string): Promise<void>;
  /** Oldest arrival first, or oldest death. @param after id of the last one of the page before */
  deadLetters(limit: number, after?: string): Promise<DeadLetter[]>;
  /** Emits a dead letter again, with all its attempts. @returns whether there is one of this id */
  replay(id: string): Promise<boolean>;
  /** Deletes a dead letter. @returns whether there was one of this id */
  discard(id: string): Promise<boolean>;
  /** Resolves when nothing is under way inside the inbox. */
  stats(): Promise<InboxStats>;
  /** Stops emitting. What is in flows at this moment is emitted again after the next `open`. */
  close(): Promise<void>;
}
