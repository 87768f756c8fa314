import { Queue } from './queue';

interface Task {
  owner: object | undefined;
  start: () => void;
  fail: (error: Error) => void;
}

interface SizeListener {
  length: number;
  proceed: () => void;
}

/**
 * Lets at most `concurrency` calls run at once and, with a `rate`, starts at most that many per second.
 * First in, first out. Closing it fails whatever still waits.
 */
export class Limiter {
  #waiting = new Queue<Task>();
  #watching: SizeListener[] = [];
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

  /** @param owner whose calls {@link cancel} takes out of the line */
  async schedule<T>(task: () => Promise<T>, owner?: object): Promise<T> {
    if (this.#closed) throw this.#closed;
    await new Promise<void>((start, fail) => {
      this.#waiting.push({ owner, start, fail });
      this.#schedule();
    });
    try {
      return await task();
    } finally {
      this.#running--;
      this.#schedule();
    }
  }

  /** Resolves once at most `length` calls wait; also when the limiter closes. */
  async onSizeLessThan(length: number): Promise<void> {
    if (this.#closed || this.#waiting.length <= length) return;
    await new Promise<void>((proceed) => this.#watching.push({ length, proceed }));
  }

  /** Fails what one owner has waiting. */
  cancel(owner: object, reason: Error): void {
    const [theirs, others] = this.#waiting.partition((waiter) => waiter.owner === owner);
    this.#waiting = others;
    for (const waiter of theirs) waiter.fail(reason);
    this.#notify();
  }

  close(reason: Error): void {
    this.#closed = reason;
    clearTimeout(this.#timer);
    for (let waiter = this.#waiting.shift(); waiter; waiter = this.#waiting.shift()) waiter.fail(reason);
    this.#notify();
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
    if (this.#watching.length > 0) this.#notify();
    if (!this.rate || this.#timer || this.#waiting.length === 0 || this.#running >= this.concurrency) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#schedule();
      },
      Math.max(1, Math.ceil(this.#nextStart - this.now())),
    );
  }

  #notify(): void {
    const ready = this.#watching.filter(({ length }) => this.#waiting.length <= length);
    this.#watching = this.#watching.filter((watcher) => !ready.includes(watcher));
    for (const { proceed } of ready) proceed();
  }
}
