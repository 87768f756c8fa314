import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TopicName } from '../../generated/topics';
import type { BodyLimits } from './body';
import type { HeldBody } from './body-memory';
import { type DedupWindow, dedupKey } from './dedup';
import { type Encoding, decompress } from '../http/content-encoding';
import type { Rejection, RejectionReason, WebhookEvent } from './event';
import type { Exchange } from './exchange';
import { resolveTopic } from './topic-resolver';
import { type Parsed, parseBody } from './parse';
import { BodyParts, check, type Secrets, signatureHeader } from './signature';

/** What came of storing an event. */
export type Stored =
  | {
      stored: true;
      /** Called after the delivery was answered: the store's sign to emit the event. */
      afterResponse: () => void;
    }
  | { stored: false; /** Seconds. */ retryAfter: number };

export interface ReceiverOptions extends BodyLimits {
  acceptUnsigned: boolean;
  /** The topics that have an output of their own. */
  selected: readonly TopicName[];
  /** Whether the vendor sends only the selected topics to this endpoint. */
  declared: boolean;
  /** Lower case; empty for none. */
  topicHeader: string;
  duplicates?: DedupWindow | undefined;
  /** Milliseconds that the flow has to answer. */
  responseTimeout: number;
  /** Whether the flow, not the receiver, answers this event's delivery. */
  answeredByFlow(event: WebhookEvent): boolean;
  /** Keeps an event before its delivery is acknowledged. The store then emits it, not the receiver. */
  store?: ((event: WebhookEvent) => Promise<Stored>) | undefined;
  /** @param exchange given where the flow answers */
  onEvent(event: WebhookEvent, exchange?: Exchange): void;
  onDuplicate(event: WebhookEvent): void;
  onRejected(rejection: Rejection): void;
  onPreviousSecret: () => void;
  /** The flow had not answered in time. */
  onLate: () => void;
}

/** A body that was read whole, what its header calls its encoding, and the URL's topic. */
export interface RawRequest {
  /** Released once it is rejected, or verified and parsed. */
  body: HeldBody;
  encoding: Encoding;
  topic: TopicName | undefined;
}

interface ReadRequest extends RawRequest {
  bytes: Buffer;
}

const forwardedHeaderNames = ['content-type', 'content-encoding', 'user-agent', 'x-request-id'];
const vendorHeaders = 'x-onegevity-';
/** Seconds after which a client may try again when its delivery cannot be taken or stored at the moment. */
export const RETRY_AFTER_S = 5;

/** What a webhook endpoint does with a delivery, from its bytes to the event; it knows nothing of Node-RED. */
export class Receiver {
  #secrets: Secrets | undefined;
  /** Deliveries that wait for the store or for the flow. */
  readonly #pending = new Set<Exchange>();
  #idle: (() => void) | undefined;
  readonly #whenReady: (() => void)[] = [];

  constructor(readonly options: ReceiverOptions) {}

  /** Whether the secrets are known, or known to be missing. */
  get isReady(): boolean {
    return this.#secrets !== undefined;
  }

  whenReady(done: () => void): void {
    if (this.isReady) done();
    else this.#whenReady.push(done);
  }

  /** @param secrets without any, every delivery is rejected */
  setSecrets(secrets: Secrets): void {
    this.#secrets = secrets;
    for (const done of this.#whenReady.splice(0)) done();
  }

  /** Answers a delivery, and emits its event after the answer. */
  receive(delivery: RawRequest, exchange: Exchange): void {
    const { body } = delivery;
    let inflating: Promise<void> | undefined;
    try {
      if (body.isOpen) inflating = this.#verify(delivery, exchange);
      // Others needed its memory, or the client is gone.
      else exchange.reject(503, RETRY_AFTER_S);
    } catch {
      // A fault of ours must neither end Node-RED nor leave the caller without an answer.
      exchange.reject(500);
    }
    if (!inflating) return body.release();
    this.#track(exchange);
    inflating
      .catch(() => exchange.reject(500))
      .then(
        () => {
          body.release();
          this.#untrack(exchange);
        },
        () => undefined,
      );
  }

  /** @returns where the body has to be inflated first: what is done then */
  #verify({ body, encoding, topic }: RawRequest, exchange: Exchange): Promise<void> | undefined {
    if (body.size === 0) return void this.reject(exchange, 400, 'empty_body', topic);
    const signature = exchange.request.headers[signatureHeader];
    const signed = check(new BodyParts(body.parts()), signature, this.#secrets);
    if (!signed.ok && !this.#acceptsUnsigned(signature)) {
      return void this.reject(exchange, 401, signed.reason, topic);
    }
    if (signed.ok && signed.secret === 'previous') this.options.onPreviousSecret();
    const bytes = body.bytes();
    const delivery = { body, bytes, encoding, topic };
    if (encoding !== 'identity') return this.#inflate(delivery, encoding, exchange, signed.ok);
    this.#accept(delivery, exchange, signed.ok, parseBody(bytes));
    return undefined;
  }

  async #inflate(
    delivery: ReadRequest,
    encoding: Exclude<Encoding, 'identity'>,
    exchange: Exchange,
    verified: boolean,
  ): Promise<void> {
    const { bytes, body, topic } = delivery;
    const { maxBodySize } = this.options;
    if (!body.pin()) return this.reject(exchange, 503, 'no_room', topic, RETRY_AFTER_S);
    const result = await decompress(bytes, encoding, maxBodySize, () => body.charge(maxBodySize));
    // The nodes behind are closing too: what is emitted now would be lost.
    if (this.#idle) exchange.reject(503, RETRY_AFTER_S);
    else if (result === 'too_large') this.reject(exchange, 413, 'too_large', topic);
    else if (result === 'bad_encoding')
      this.#accept(delivery, exchange, verified, { payload: bytes, reason: result });
    else this.#accept(delivery, exchange, verified, parseBody(result));
  }

  reject(
    exchange: Exchange,
    statusCode: number,
    reason: RejectionReason,
    topic?: TopicName,
    retryAfter?: number,
  ): void {
    exchange.reject(statusCode, retryAfter);
    const { remoteAddress } = exchange.request.socket;
    this.options.onRejected({
      reason,
      statusCode,
      ...(topic ? { topic } : {}),
      receivedAt: new Date().toISOString(),
      ...(remoteAddress ? { remoteAddress } : {}),
    });
  }

  /** Answers what waits for the flow, and waits for what is being stored. */
  async close(): Promise<void> {
    if (this.#pending.size === 0) return;
    const idle = new Promise<void>((resolve) => (this.#idle = resolve));
    for (const exchange of this.#pending) if (exchange.deferred) exchange.reject(503, RETRY_AFTER_S);
    await idle;
  }

  /** An unsigned delivery, where the user accepts those: never one with a signature that is wrong. */
  #acceptsUnsigned(signature: unknown): boolean {
    if (!this.options.acceptUnsigned) return false;
    const { current, previous } = this.#secrets ?? {};
    return !signature || (!current && !previous);
  }

  #accept(delivery: ReadRequest, exchange: Exchange, verified: boolean, parsed: Parsed): void {
    const event = this.#event(delivery, exchange.request.headers, verified, parsed);
    const { duplicates, store } = this.options;
    const { key, certain } = dedupKey(event);
    if (duplicates?.has(key)) {
      event.duplicate = true;
      if (certain) {
        exchange.accept();
        return this.options.onDuplicate(event);
      }
    }
    if (store) return this.#store(store, event, exchange, key);
    if (this.options.answeredByFlow(event)) {
      this.#track(exchange);
      exchange.defer(
        this.options.responseTimeout,
        (acknowledged) => {
          if (acknowledged) duplicates?.add(key);
          this.#untrack(exchange);
        },
        this.options.onLate,
      );
      return this.options.onEvent(event, exchange);
    }
    duplicates?.add(key);
    exchange.accept();
    this.options.onEvent(event);
  }

  /** The 200 is sent only once the event is safe; the store emits it. */
  #store(
    store: NonNullable<ReceiverOptions['store']>,
    event: WebhookEvent,
    exchange: Exchange,
    key: string,
  ): void {
    this.#track(exchange);
    store(event)
      .catch((): Stored => ({ stored: false, retryAfter: RETRY_AFTER_S }))
      .then((result) => {
        if (!result.stored) {
          return this.reject(exchange, 503, 'not_stored', event.topic, result.retryAfter);
        }
        this.options.duplicates?.add(key);
        exchange.accept();
        result.afterResponse();
      })
      .catch(() => exchange.reject(500))
      .then(
        () => this.#untrack(exchange),
        () => undefined,
      );
  }

  #event(
    { bytes, topic }: ReadRequest,
    headers: IncomingHttpHeaders,
    verified: boolean,
    { payload, reason, notes }: Parsed,
  ): WebhookEvent {
    const event: WebhookEvent = {
      payload,
      verified,
      delivery: {
        hash: hash('sha256', bytes, 'hex'),
        receivedAt: new Date().toISOString(),
      },
      headers: this.#forwardedHeaders(headers),
    };
    if (notes) event.notes = notes;
    if (reason) {
      event.reason = reason;
      return event;
    }
    const { topicHeader, declared, selected } = this.options;
    const named = topicHeader ? headers[topicHeader] : undefined;
    const found = resolveTopic({
      url: topic,
      header: Array.isArray(named) ? named.join() : named,
      payload,
      declared: declared ? selected : undefined,
    });
    if (found.topic) event.topic = found.topic;
    if (found.source) event.topicSource = found.source;
    if (found.candidates) event.candidates = found.candidates;
    if (found.reason) event.reason = found.reason;
    else if (found.topic && !selected.includes(found.topic)) event.reason = 'not_selected';
    return event;
  }

  #forwardedHeaders(headers: IncomingHttpHeaders): Record<string, string> {
    const passed: Record<string, string> = {};
    for (const name in headers) {
      const wanted =
        forwardedHeaderNames.includes(name) ||
        name === this.options.topicHeader ||
        (name.startsWith(vendorHeaders) && name !== signatureHeader);
      const value = headers[name];
      if (wanted && value !== undefined) passed[name] = String(value);
    }
    return passed;
  }

  #track(exchange: Exchange): void {
    this.#pending.add(exchange);
  }

  #untrack(exchange: Exchange): void {
    this.#pending.delete(exchange);
    if (this.#pending.size === 0) this.#idle?.();
  }
}
