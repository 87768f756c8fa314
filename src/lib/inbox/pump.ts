/**
 * `stopped` and `idle`: nothing runs. `running`: a run is under way. `again`: a run is under way, and one more was asked
 * for. `stopping`: a run is under way, and it is the last one.
 */
type State = 'stopped' | 'idle' | 'running' | 'again' | 'stopping';

const transitions: Readonly<Record<State, readonly State[]>> = {
  stopped: ['idle'],
  idle: ['running', 'stopped'],
  running: ['again', 'idle', 'stopping'],
  again: ['running', 'idle', 'stopping'],
  stopping: ['stopped'],
};

/**
 * Runs a job that takes whatever there is to take: one run at a time, and another one after it for everything that came
 * meanwhile.
 */
export class Pump {
  #state: State = 'stopped';
  #run: Promise<void> | undefined;

  /**
   * @param canRun asked before each run; where it says no, whoever changes that has to call {@link pump}
   * @param failed told why a run ended; it must see to it that there is another one
   */
  constructor(
    private readonly job: () => Promise<void>,
    private readonly canRun: () => boolean,
    private readonly failed: (error: unknown) => void,
  ) {}

  get isStopped(): boolean {
    return this.#state === 'stopped' || this.#state === 'stopping';
  }

  /** Has no effect where it was started before. */
  start(): void {
    if (this.#state === 'stopped') this.#become('idle');
  }

  /** Starts no more runs. @returns when the one that is under way has ended */
  async stop(): Promise<void> {
    if (this.#state === 'idle') this.#become('stopped');
    else if (!this.isStopped) this.#become('stopping');
    await this.settled();
  }

  /** There may be something to take. */
  pump(): void {
    if (this.#state === 'running') this.#become('again');
    if (this.#state !== 'idle' || !this.canRun()) return;
    this.#become('running');
    this.#run = this.#runs().finally(() => {
      this.#run = undefined;
      // Asked for while a run failed.
      const again = this.#state === 'again';
      this.#become(this.isStopped ? 'stopped' : 'idle');
      if (again) this.pump();
    });
  }

  /** Waits until nothing runs. */
  async settled(): Promise<void> {
    while (this.#run) await this.#run;
  }

  async #runs(): Promise<void> {
    try {
      await this.job();
      while (this.#state === 'again') {
        this.#become('running');
        await this.job();
      }
    } catch (error) {
      this.failed(error);
    }
  }

  #become(state: State): void {
    if (!transitions[this.#state].includes(state))
      throw new Error(`a pump cannot go from ${this.#state} to ${state}`);
    this.#state = state;
  }
}
