import type { WebhookEvent } from './event';

/**
 * By what an event is known when it comes again: its topic, where that is certain, and its bytes. What nobody signed
 * must not make a repeat of what the vendor sends.
 * @returns also whether a repeat may be dropped: a shape is good enough to route by, never to drop by
 */
export function dedupKey({ topic, topicSource, delivery, verified }: WebhookEvent): {
  key: string;
  certain: boolean;
} {
  const certain = topic !== undefined && topicSource !== 'shape';
  return { key: `${certain ? topic : ''} ${delivery.hash}${verified ? '' : ' unsigned'}`, certain };
}

/**
 * Remembers what was delivered within a window of time, up to a bound: then the oldest leaves, since showing an
 * event twice is better than losing memory, or an event.
 */
export class DedupWindow {
  /** In the order of their time, as a Map keeps it. */
  readonly #seen = new Map<string, number>();

  /**
   * @param window milliseconds
   * @param bound entries
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly window: number,
    private readonly bound = 10_000,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get size(): number {
    return this.#seen.size;
  }

  has(key: string): boolean {
    const at = this.#seen.get(key);
    return at !== undefined && this.now() - at < this.window;
  }

  /** To be called once the delivery is acknowledged: what was not, the vendor may send again. */
  add(key: string): void {
    const now = this.now();
    this.#seen.delete(key);
    this.#seen.set(key, now);
    for (const [oldest, at] of this.#seen) {
      if (this.#seen.size <= this.bound && now - at < this.window) break;
      this.#seen.delete(oldest);
    }
  }

  clear(): void {
    this.#seen.clear();
  }
}
