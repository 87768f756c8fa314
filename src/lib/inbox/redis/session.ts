import { OnegevityError } from '../../errors';
import type { Connect, Connection } from './connection';
import { faultOf } from './server-errors';
import type { Keys } from './keys';
import type { Argument, Script } from './script';
import { checkServerKind } from './server-kind';

const firstPause = 1000;
const longestPause = 30_000;
/** Milliseconds that are waited for what is under way at the end. */
const CLOSE_TIMEOUT_MS = 3000;

export interface LinkEvents {
  /** Connected: for the first time, or again after a fault. */
  opened(): Promise<void>;
  state(problem: OnegevityError | undefined): void;
}

interface Connections {
  /** For everything that is answered at once. */
  main: Connection;
  /** For waiting. */
  idle: Connection;
}

/** Two connections to the server, which are opened again when one of them breaks, until {@link close}. */
export class RedisSession {
  #open: Connections | undefined;
  #usable = false;
  #starting = false;
  #closed = false;
  #opening: Promise<void> | undefined;
  #reopening: NodeJS.Timeout | undefined;
  #pause = firstPause;
  /** Runs while it is not certain that what was opened lasts. */
  #proving: NodeJS.Timeout | undefined;

  constructor(
    private readonly connect: Connect,
    private readonly keys: Keys,
    private readonly scripts: readonly Script[],
    private readonly events: LinkEvents,
  ) {}

  get usable(): boolean {
    return this.#usable;
  }

  /** Resolves when the connections are open, or it is reported why not; then it is tried again later. */
  open(): Promise<void> {
    this.#opening = this.#connect();
    return this.#opening;
  }

  /** @throws OnegevityError `inbox_unavailable` (it is not certain whether it ran), `redis_full` */
  async run(script: Script, ...args: Argument[]): Promise<unknown> {
    const { main } = this.#connections();
    const call = [this.keys.all.length, ...this.keys.all, ...args];
    try {
      return await main
        .command('EVALSHA', script.sha, ...call)
        .catch((error: unknown) =>
          isUnknownScript(error)
            ? main.command('EVAL', script.source, ...call)
            : Promise.reject(error as Error),
        );
    } catch (error) {
      throw this.#faulty(error);
    }
  }

  /** Asks the server something that it may reject. @returns undefined where it does */
  async tryCommand(...parts: Argument[]): Promise<unknown> {
    return this.#open?.main.command(...parts).catch(() => undefined);
  }

  /** Waits until there is something to take. @param seconds at most @throws OnegevityError as {@link run} */
  async wake(seconds: number): Promise<boolean> {
    const { idle } = this.#connections();
    try {
      return (await idle.command('BLPOP', this.keys.wake, seconds)) !== null;
    } catch (error) {
      throw this.#faulty(error);
    }
  }

  /** Leaves it to another instance that there is something to take. */
  async signal(): Promise<void> {
    await this.tryCommand('RPUSH', this.keys.wake, '1');
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#usable = false;
    clearTimeout(this.#reopening);
    clearTimeout(this.#proving);
    await this.#opening;
    const open = this.#open;
    this.#open = undefined;
    open?.idle.destroy();
    if (!open) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([open.main.close().catch(() => undefined), enough]);
    clearTimeout(timer);
    open.main.destroy();
  }

  async #connect(): Promise<void> {
    let broken: OnegevityError | undefined;
    // What breaks while it is being opened is noticed by what is done next.
    const lost = (error?: unknown) => {
      broken = faultOf(error);
      if (this.#usable) this.#fault(broken);
    };
    const connections: Connection[] = [];
    try {
      for (let count = 0; count < 2; count++) {
        const connection = await this.connect(lost);
        connections.push(connection);
        checkServerKind(await infoOf(connection));
      }
      const [main, idle] = connections as [Connection, Connection];
      this.#open = { main, idle };
      // Where one is sent only once it proves unknown, it is overtaken by those that come after.
      await Promise.all(this.scripts.map(({ source }) => this.tryCommand('SCRIPT', 'LOAD', source)));
      // Changes nothing; a server that rejects all writes rejects this one, too.
      await main.command('LREM', this.keys.wake, 0, 'none');
      this.#starting = true;
      await this.events.opened().finally(() => (this.#starting = false));
      if (broken) throw broken;
    } catch (error) {
      for (const connection of connections) connection.destroy();
      this.#open = undefined;
      return this.#fault(broken ?? faultOf(error));
    }
    if (this.#closed) return;
    // What fails again at once is waited for longer and longer, also where connecting succeeds each time.
    this.#proving = setTimeout(() => (this.#pause = firstPause), this.#pause);
    this.#proving.unref();
    this.#usable = true;
    this.events.state(undefined);
  }

  #connections(): Connections {
    if (!this.#open) throw new OnegevityError('inbox_unavailable');
    return this.#open;
  }

  /** Whatever the server rejects but for want of room, a new beginning is the way to find out what holds. */
  #faulty(error: unknown): OnegevityError {
    const fault = faultOf(error);
    if (fault.code === 'redis_full') return fault;
    // While it is being opened, what opens it reports the cause.
    if (this.#starting) return fault;
    if (this.#usable) this.#fault(fault);
    return new OnegevityError('inbox_unavailable');
  }

  #fault(problem: OnegevityError): void {
    this.#usable = false;
    clearTimeout(this.#proving);
    const open = this.#open;
    this.#open = undefined;
    open?.main.destroy();
    open?.idle.destroy();
    if (this.#closed) return;
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => {
      // Never fails: what goes wrong is reported as a state.
      this.open().catch(() => undefined);
    }, this.#pause);
    this.#reopening.unref();
    this.#pause = Math.min(this.#pause * 2, longestPause);
    this.events.state(problem);
  }
}

/**
 * Asks for the first time. A server that rejects a connection says so only now, and then hangs up.
 * @returns undefined where nobody may ask
 */
async function infoOf(connection: Connection): Promise<unknown> {
  try {
    return await connection.command('INFO', 'server');
  } catch (error) {
    const { code } = faultOf(error);
    if (code === 'redis_denied' || code === 'redis_too_old') return undefined;
    throw error;
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
