/** Counts what happens in the sandbox, so that the page can wait for news instead of asking all the time. */
export class Changes {
  private count = 1;
  private waiting: (() => void)[] = [];

  constructor(private readonly unref: boolean) {}

  get version(): number {
    return this.count;
  }

  notify(): void {
    this.count++;
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves once something has happened after `version`, at the latest after `milliseconds`. */
  async waitFor(version: number, milliseconds: number): Promise<number> {
    // A version of the future belongs to a sandbox that has been started anew since.
    if (version === this.count) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(() => {
          this.waiting = this.waiting.filter((entry) => entry !== done);
          resolve();
        }, milliseconds);
        if (this.unref) late.unref();
        const done = (): void => {
          clearTimeout(late);
          resolve();
        };
        this.waiting.push(done);
      });
    }
    return this.count;
  }
}
