import type { BodyLimits } from '../../../lib/webhook/body';
import type { Receiver } from '../../../lib/webhook/receiver';
import type { Door } from '../../../lib/webhook/http-handler';

/** Milliseconds that deliveries wait for a node to come back in a deploy. */
const reopenTime = 10_000;

/** Seconds after which a sender may try again. */
export const retryAfter = { deploy: 5, stopped: 30 };

/** What a webhook node gives to its endpoint. */
export interface Tenant {
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
export class Endpoint implements Door {
  /** Another route serves the path: it gets every request as if this endpoint were not there. */
  blocked = false;
  limits: BodyLimits = { maxBodySize: 0, bodyTimeout: 0 };
  #tenant: Tenant | undefined;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #state: 'waiting' | 'stopped' | 'abandoned' = 'waiting';

  /** @param pattern of the endpoint and its topics, below Node-RED's root */
  constructor(
    readonly path: string,
    readonly pattern: RegExp,
    private readonly onAbandoned: () => void,
  ) {}

  get tenant(): Tenant | undefined {
    return this.#tenant;
  }

  get receiver(): Receiver | undefined {
    return this.#tenant?.receiver;
  }

  /** Whether no node is here, and none is expected soon. */
  get isStopped(): boolean {
    return !this.#tenant && this.#state === 'stopped';
  }

  open(tenant: Tenant): void {
    clearTimeout(this.#timer);
    this.#tenant = tenant;
    this.#state = 'waiting';
    this.limits = tenant.receiver.options;
    this.blocked = false;
    tenant.receiver.whenReady(() => {
      if (this.#tenant === tenant) this.#release();
    });
  }

  /** @param forGood the node was removed, so nothing will open it again */
  leave(tenant: Tenant, forGood: boolean): void {
    if (this.#tenant !== tenant) return;
    this.#tenant = undefined;
    if (forGood) this.abandon();
    else this.#timer = setTimeout(() => this.stop(), reopenTime).unref();
  }

  /** The flows are stopped: whoever waits is asked to come again. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.#tenant || this.#state === 'abandoned') return;
    this.#state = 'stopped';
    this.#release();
  }

  /** Nobody came back: its path is free again. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#tenant = undefined;
    this.#state = 'abandoned';
    this.onAbandoned();
    this.#release();
  }

  whenOpen(done: () => void): () => void {
    if (!this.#tenant && this.#state !== 'waiting') done();
    else this.#waiting.add(done);
    return () => void this.#waiting.delete(done);
  }

  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done();
  }
}
