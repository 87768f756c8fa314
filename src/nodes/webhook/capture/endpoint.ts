import type { Receiver } from '../../../lib/webhook/receiver';
import type { Door } from '../../../lib/webhook/serve';

/** Milliseconds that deliveries wait for a node to come back in a deploy. */
const reopenTime = 10_000;

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
 * the old node and the new one wait for an answer instead of getting a 404.
 */
export class Endpoint implements Door {
  /** Another route serves the path: it gets every request as if this endpoint were not there. */
  blocked = false;
  /** Whether nothing that a request must pass stands before the route. */
  fast = false;
  /** The keys of paths whose requests were seen to come through the ordinary route: nothing else takes them. */
  readonly proved = new Set<string>();
  #tenant: Tenant | undefined;
  readonly #waiting = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #abandoned = false;

  constructor(
    readonly path: string,
    private readonly onAbandoned: () => void,
  ) {}

  get tenant(): Tenant | undefined {
    return this.#tenant;
  }

  get receiver(): Receiver | undefined {
    return this.#tenant?.receiver;
  }

  open(tenant: Tenant): void {
    clearTimeout(this.#timer);
    this.#tenant = tenant;
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
    else this.#timer = setTimeout(() => this.abandon(), reopenTime).unref();
  }

  /** Nobody came back: its path is free again. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#tenant = undefined;
    this.#abandoned = true;
    this.onAbandoned();
    this.#release();
  }

  whenOpen(done: () => void): void {
    if (this.#abandoned) done();
    else this.#waiting.add(done);
  }

  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const done of waiting) done();
  }
}
