/** Lets through a burst and then a steady rate, and counts what it held back. */
export class RateLimit {
  #tokens: number;
  #at: number;
  #suppressed = 0;

  /**
   * @param burst how many at once
   * @param perSecond how many a second after that
   * @param now milliseconds of a clock that never goes back
   */
  constructor(
    private readonly burst: number,
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#tokens = burst;
    this.#at = now();
  }

  /** @returns how many were held back since the last one that passed, or undefined to hold this one back */
  tryAcquire(): number | undefined {
    const now = this.now();
    this.#tokens = Math.min(this.burst, this.#tokens + ((now - this.#at) / 1000) * this.perSecond);
    this.#at = now;
    if (this.#tokens < 1) {
      this.#suppressed++;
      return undefined;
    }
    this.#tokens--;
    const suppressed = this.#suppressed;
    this.#suppressed = 0;
    return suppressed;
  }
}
