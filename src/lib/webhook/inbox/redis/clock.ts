/** Milliseconds since 1970, the same for all instances that share an inbox. */
export interface Clock {
  now(): number;
  /** Called with the server's time whenever that is known. */
  heard(serverTime: number): void;
}

/** Follows the clock of the server, so that machines whose own clocks differ agree on what is due. */
export class ServerClock implements Clock {
  #ahead = 0;

  now(): number {
    return Date.now() + this.#ahead;
  }

  heard(serverTime: number): void {
    this.#ahead = serverTime - Date.now();
  }
}
