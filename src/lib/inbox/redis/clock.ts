/**
 * What the server's clock shows, as far as that is known: for display only. What is due when, the server decides by
 * itself. Goes on by the monotonic clock of the process, so that it does not matter how the machine's clock is set.
 */
export class ServerClock {
  /** Before the server is heard for the first time, nothing asks. */
  #ahead = 0;

  now(): number {
    return Math.round(performance.now() + this.#ahead);
  }

  /** To be called with the server's time whenever that is known. */
  heard(serverTime: number): void {
    this.#ahead = serverTime - performance.now();
  }
}
