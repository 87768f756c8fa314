interface Waiter {
  start: () => void;
  fail: (error: Error) => void;
}

/**
 * Lets at most `concurrency` calls run at once and, with a `rate`, starts at most that many per second.
 * First in, first out. Closing it fails whatever still waits.
 */
export class Limiter {
  readonly #waiting: Waiter[] = [];
  #running = 0;
  #nextStart = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed: Error | undefined;

  /**
   * @param concurrency calls in flight, at least 1
   * @param rate starts per second; 0 or undefined: as many as fit
   */
  constructor(
    private readonly concurrency: number,
    private readonly rate: number | undefined = undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#waiting.length;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) throw this.#closed;
    if (this.#waiting.length > 0 || !this.#canStart()) {
      await new Promise<void>((start, fail) => {
        this.#waiting.push({ start, fail });
        this.#schedule();
      });
    } else {
      this.#take();
    }
    try {
      return await task();
    } finally {
      this.#running--;
      this.#schedule();
    }
  }

  close(reason: Error): void {
    this.#closed = reason;
    clearTimeout(this.#timer);
    for (const waiter of this.#waiting.splice(0)) waiter.fail(reason);
  }

  #canStart(): boolean {
    return this.#running < this.concurrency && (!this.rate || this.now() >= this.#nextStart);
  }

  #take(): void {
    this.#running++;
    if (this.rate) this.#nextStart = Math.max(this.now(), this.#nextStart) + 1000 / this.rate;
  }

  #schedule(): void {
    while (this.#waiting.length > 0 && this.#canStart()) {
      this.#take();
      this.#waiting.shift()!.start();
    }
    if (!this.rate || this.#timer || this.#waiting.length === 0 || this.#running >= this.concurrency) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#schedule();
      },
      Math.max(1, Math.ceil(this.#nextStart - this.now())),
    );
  }
}
