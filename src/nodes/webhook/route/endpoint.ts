import type { BodyLimits } from '../../../lib/webhook/body';
import type { Receiver } from '../../../lib/webhook/receiver';
import type { ReceiverSlot } from '../../../lib/webhook/http-handler';

/** Milliseconds that deliveries wait for a node to come back in a deploy. */
const REOPEN_TIME_MS = 10_000;

/** Seconds after which a sender may try again. */
export const RETRY_AFTER_S = { deploy: 5, stopped: 30 };

/** What a webhook node gives to its endpoint. */
export interface EndpointOwner {
  receiver: Receiver;
  /** Whether deliveries may be answered before Express' work for each request. */
  fast: boolean;
  /** Told when another route turns up on the path, and when it is gone. */
  onBlocked(blocked: boolean): void;
  /** A middleware had read the body and kept no bytes. */
  onBodyConsumed(): void;
  /** A middleware failed. */
  onMiddlewareError(): void;
  /** The flow's metrics, where they are on. */
  metric?: ((event: string, value: number) => void) | undefined;
}

/**
 * A path on which deliveries are received. It outlives its node in a deploy, so that deliveries that come between
 * the old node and the new one wait for an answer instead of getting a 404. While the flows are stopped, its
 * deliveries get 503: a 404 would tell the sender that nobody will ever want them.
 */
export class Endpoint implements ReceiverSlot {
  /** Another route serves the path: it gets every request as if this endpoint were not there. */
  blocked = false;
  limits: BodyLimits = { maxBodySize: 0, bodyTimeout: 0 };
  #owner: EndpointOwner | undefined;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #state: 'waiting' | 'stopped' | 'abandoned' = 'waiting';

  /** @param pattern of the endpoint and its topics, below Node-RED's root */
  constructor(
    readonly path: string,
    readonly pattern: RegExp,
    private readonly onAbandoned: () => void,
  ) {}

  get owner(): EndpointOwner | undefined {
    return this.#owner;
  }

  get receiver(): Receiver | undefined {
    return this.#owner?.receiver;
  }

  /** Whether no node is here, and none is expected soon. */
  get isStopped(): boolean {
    return !this.#owner && this.#state === 'stopped';
  }

  attach(owner: EndpointOwner): void {
    clearTimeout(this.#timer);
    this.#owner = owner;
    this.#state = 'waiting';
    this.limits = owner.receiver.options;
    this.blocked = false;
    owner.receiver.whenReady(() => {
      if (this.#owner === owner) this.#release();
    });
  }

  /** @param forGood the node was removed, so nothing will open it again */
  detach(owner: EndpointOwner, forGood: boolean): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    if (forGood) this.release();
    else this.#timer = setTimeout(() => this.stop(), REOPEN_TIME_MS).unref();
  }

  /** The flows are stopped: whoever waits is asked to come again. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#owner || this.#state === 'abandoned') return;
    this.#state = 'stopped';
    this.#release();
  }

  /** Nobody came back: its path is free again. */
  release(): void {
    clearTimeout(this.#timer);
    this.#owner = undefined;
    this.#state = 'abandoned';
    this.onAbandoned();
    this.#release();
  }

  onAvailable(done: () => void): () => void {
    if (!this.#owner && this.#state !== 'waiting') done();
    else this.#waiting.add(done);
    return () => void this.#waiting.delete(done);
  }

  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done();
  }
}
