import type { RedisSession } from './session';
import type { Argument, Script } from './script';

/** Ends of deliveries that could not be carried out while the server was away. */
export class OfflineQueue {
  #waiting: { script: Script; args: () => readonly Argument[] }[] = [];

  constructor(private readonly session: RedisSession) {}

  /**
   * Runs a script now, or as soon as the server is back.
   * @param keep whether it may be later; otherwise that is an error
   * @param args are asked for when it runs, since they may depend on how much later that is
   * @returns its reply, or undefined where it is carried out later
   * @throws OnegevityError `inbox_unavailable`
   */
  async run(keep: boolean, script: Script, args: () => readonly Argument[]): Promise<unknown> {
    try {
      return await this.session.run(script, ...args());
    } catch (error) {
      if (!keep) throw error;
      this.#waiting.push({ script, args });
      return undefined;
    }
  }

  /** Carries out what is left; what has been overtaken by events rejects itself. @throws OnegevityError `inbox_unavailable` */
  async flush(): Promise<void> {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      await this.session.run(next.script, ...next.args());
      this.#waiting.shift();
    }
  }
}
