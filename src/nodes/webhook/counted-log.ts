/** Milliseconds between two messages in the log. */
const interval = 60_000;
/** Milliseconds of a burst, after which it is reported though it goes on. */
const longestBurst = 10_000;

/** Reports what may happen often: the first time at once, or after a burst, and then once a minute at most, with its numbers. */
export class CountedLog<Kind> {
  readonly #counts = new Map<Kind, number>();
  #timer: NodeJS.Timeout | undefined;
  #burstEnds: number | undefined;
  /** Whether something was reported within the last minute. */
  #reported = false;

  /**
   * @param report gets how often each kind has happened since the last report
   * @param quiet milliseconds without another one after which a burst is over; 0: the first one is reported at once
   */
  constructor(
    private readonly report: (counts: ReadonlyMap<Kind, number>) => void,
    private readonly quiet = 0,
  ) {}

  add(kind: Kind, count = 1): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + count);
    if (this.#reported) return;
    if (this.quiet === 0) return this.#tell();
    const now = performance.now();
    this.#burstEnds ??= now + longestBurst;
    this.#set(() => this.#tell(), Math.min(this.quiet, Math.max(0, this.#burstEnds - now)));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#reported = false;
    this.#flush();
  }

  #tell(): void {
    this.#flush();
    this.#reported = true;
    this.#set(() => {
      this.#reported = false;
      if (this.#counts.size > 0) this.#tell();
    }, interval);
  }

  #set(what: () => void, pause: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(what, pause).unref();
  }

  #flush(): void {
    this.#burstEnds = undefined;
    if (this.#counts.size === 0) return;
    this.report(this.#counts);
    this.#counts.clear();
  }
}
