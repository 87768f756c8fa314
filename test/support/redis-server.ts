/** A redis-server of a test's own, on a free port, with its own folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, RESP_TYPES } from 'redis';

export const hasRedis = spawnSync('redis-server', ['--version']).status === 0;

/** Keeps everything that it acknowledges. */
const durable = { appendonly: 'yes', appendfsync: 'always', save: '""', 'aof-use-rdb-preamble': 'no' };

export class RedisServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'onegevity-redis-'));
  #process: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly sentinel: boolean,
  ) {}

  /** @param sentinel starts a Redis Sentinel instead, which knows other settings */
  static async start(
    settings: Readonly<Record<string, string>> = {},
    sentinel = false,
  ): Promise<RedisServer> {
    const all = sentinel ? settings : { ...durable, ...settings };
    const server = new RedisServer(await freePort(), all, sentinel);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** Starts it, also again on the same data. Resolves when it answers. */
  async start(): Promise<void> {
    const { port, folder } = this;
    const settings = { port, bind: '127.0.0.1', dir: folder, ...this.settings };
    const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}`);
    const file = join(folder, 'redis.conf');
    writeFileSync(file, lines.join('\n'));
    const server = spawn('redis-server', [file, ...(this.sentinel ? ['--sentinel'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let log = '';
    for await (const chunk of server.stdout) {
      log += String(chunk);
      if (log.includes(this.sentinel ? 'Sentinel ID is' : 'Ready to accept connections')) {
        this.#process = server;
        return;
      }
    }
    throw new Error(`redis-server ended:\n${log}`);
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const server = this.#process;
    this.#process = undefined;
    if (server?.exitCode !== null) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  }

  /** Sends commands, each reply with its strings as bytes. */
  async commands(...commands: (string | Buffer)[][]): Promise<unknown[]> {
    const client = createClient({
      url: this.url,
      RESP: 2,
      ...(this.settings.requirepass ? { password: this.settings.requirepass } : {}),
      commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await Promise.all(commands.map((command) => client.sendCommand(command)));
    } finally {
      client.destroy();
    }
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** One server for the tests of a suite, which are skipped where there is none. @returns the server, once they run */
export function useRedis(): () => RedisServer {
  let server: RedisServer | undefined;
  before(async function () {
    if (!hasRedis) return this.skip();
    server = await RedisServer.start();
  });
  after(() => server?.remove());
  return () => server!;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
