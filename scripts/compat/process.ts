/** A Node-RED started as a user would start it: default settings, its own user folder, another Node.js. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export interface NodeSet {
  id: string;
  types?: string[];
  enabled?: boolean;
  err?: unknown;
}

export class NodeRedProcess {
  log = '';
  #exited = false;

  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    const append = (chunk: Buffer) => (this.log += chunk.toString());
    child.stdout?.on('data', append);
    child.stderr?.on('data', append);
    child.once('exit', () => (this.#exited = true));
  }

  /**
   * @param node the Node.js to run it with
   * @param script node-red's `red.js`
   * @throws Error with the log, where it is not ready within a minute
   */
  static async start(node: string, script: string, userDir: string): Promise<NodeRedProcess> {
    const port = await freePort();
    const defines = [
      'uiHost=127.0.0.1',
      'telemetry.enabled=false',
      'telemetry.updateNotification=false',
      // The sandbox's orders move on every 0.2 s.
      'onegevitySandboxPace=0.2',
    ];
    const args = [script, '--userDir', userDir, '--port', String(port), ...defines.flatMap((d) => ['-D', d])];
    const child = spawn(node, args, { cwd: userDir, stdio: ['ignore', 'pipe', 'pipe'] });
    const process = new NodeRedProcess(`http://127.0.0.1:${port}`, child);
    try {
      await process.waitForLog(/Started flows/, 60_000);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return process;
  }

  /** Resolves when the log matches. @throws Error with the end of the log after `timeout` ms */
  async waitForLog(pattern: RegExp, timeout: number): Promise<void> {
    await until(
      () => this.#exited || pattern.test(this.log),
      timeout,
      () => `no ${String(pattern)} within ${timeout} ms\n${this.log.slice(-2500)}`,
    );
    if (!pattern.test(this.log)) throw new Error(`Node-RED ended early\n${this.log.slice(-2500)}`);
  }

  /** The node sets of a module, as the admin API tells them. */
  async nodeSets(module: string): Promise<NodeSet[]> {
    const response = await fetch(`${this.url}/nodes`, { headers: { accept: 'application/json' } });
    const all = (await response.json()) as (NodeSet & { module: string })[];
    return all.filter((set) => set.module === module);
  }

  /** Deploys; a node's `credentials` member is its credentials. */
  async deploy(flows: readonly object[]): Promise<void> {
    const started = this.log.split('Started flows').length;
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(flows),
    });
    if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
    await until(
      () => this.log.split('Started flows').length > started,
      20_000,
      () => `the flows did not start\n${this.log.slice(-2500)}`,
    );
  }

  /** Ends it as Ctrl-C does. @returns milliseconds that this took */
  async stop(): Promise<number> {
    const start = Date.now();
    if (this.#exited) return 0;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGINT');
    const stubborn = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await exit;
    clearTimeout(stubborn);
    return Date.now() - start;
  }
}

/** Looks every 50 ms, since what is waited for happens in another process. */
export async function until(
  done: () => boolean | Promise<boolean>,
  timeout: number,
  what: () => string,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await done())) {
    if (Date.now() > end) throw new Error(what());
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
