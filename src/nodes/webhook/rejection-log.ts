import type { RefusalReason } from '../../lib/webhook/event';

/** Milliseconds between two messages in the log. */
const interval = 60_000;

/** Reports rejected deliveries: the first one at once, and then once a minute at most, with their numbers. */
export class RejectionLog {
  readonly #counts = new Map<RefusalReason, number>();
  #timer: NodeJS.Timeout | undefined;

  /** @param report gets how many were rejected since the last report, by reason */
  constructor(private readonly report: (counts: ReadonlyMap<RefusalReason, number>) => void) {}

  add(reason: RefusalReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#timer) return;
    this.#flush();
    this.#wait();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flush();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#flush()) this.#wait();
    }, interval).unref();
  }

  #flush(): boolean {
    if (this.#counts.size === 0) return false;
    this.report(this.#counts);
    this.#counts.clear();
    return true;
  }
}
