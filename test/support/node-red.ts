/**
 * Starts a real Node-RED process, as a user would: its own user folder, the package linked into that folder's
 * `node_modules`, a free port. Helpers like node-red-node-test-helper leave out the admin app's body parser, the
 * `httpNode*` settings and the load of the package's files, so they cannot show what users meet.
 *
 * NODE_RED_SCRIPT names the `red.js` of another Node-RED to start; the Node.js is the one that runs the tests.
 *
 * A node of type `test-probe` (`label` names it) hands every message it gets to the test, and passes it on.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

const packageRoot = join(__dirname, '..', '..');
const coreFolder = join(require.resolve('@node-red/nodes/package.json'), '..', 'core');
const probeFolder = join(__dirname, 'probe');

export type FlowNode = { id: string; type: string } & Record<string, unknown>;

export interface NodeRedOptions {
  /** Default: an empty tab. */
  flows?: readonly FlowNode[];
  /** Load all of Node-RED's own nodes, not only those in `flows`: for tests that deploy others later. */
  allNodes?: boolean;
  /** By node id. */
  credentials?: Readonly<Record<string, Record<string, string>>>;
  /** Added to the settings; must survive JSON. */
  settings?: Readonly<Record<string, unknown>>;
  /** Source of a JavaScript object literal, added to the settings last: for functions. */
  settingsSource?: string;
  /** More folders with nodes. */
  nodesDir?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** What is linked into the user folder as this package. Default: its own folder. */
  packageFolder?: string;
  /**
   * Body of a script that starts Node-RED in place of Node-RED's own command, for tests of an embedded Node-RED.
   * It finds `settings` in scope and runs with this package's `require`.
   */
  embedSource?: string;
  /** Keeps (and does not delete) this user folder: to start again on the same data. */
  userDir?: string;
  /** Milliseconds until start counts as failed. */
  startTimeout?: number;
}

/** A message as a `test-probe` saw it; `req` and `res` are reported by their presence only. */
export interface ProbeMessage {
  label: string;
  // Tests look into messages of any shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  msg: any;
  hasReq: boolean;
  hasRes: boolean;
}

export interface NodeStatus {
  fill?: string;
  shape?: string;
  text?: string;
}

type Report =
  | { kind: 'ready'; port: number }
  | { kind: 'deployed' }
  | { kind: 'status'; id: string; status: NodeStatus }
  | ({ kind: 'message' } & ProbeMessage)
  | { kind: 'evaluated'; id: number; value?: unknown; error?: string };

interface Waiter {
  attempt: () => boolean;
  fail: (reason: string) => void;
}

export class NodeRed {
  /** `http://127.0.0.1:port`, without any root. */
  url = '';
  port = 0;
  /** Everything the process wrote to stdout and stderr, at log level trace. */
  log = '';
  readonly messages: ProbeMessage[] = [];
  /** Every status a node had, in order. */
  readonly statuses: { id: string; status: NodeStatus }[] = [];
  private deployments = 0;
  private evaluations = 0;
  private readonly evaluated = new Map<number, Extract<Report, { kind: 'evaluated' }>>();
  private readonly waiters = new Set<Waiter>();
  private exited = false;
  /** Those that are running: see hooks.ts. */
  static readonly running = new Set<NodeRed>();

  constructor(
    readonly process: ChildProcess,
    readonly userDir: string,
    private readonly settings: Readonly<Record<string, unknown>>,
    private readonly removeUserDir: boolean,
  ) {
    process.stdout?.on('data', (chunk: Buffer) => this.append(chunk));
    process.stderr?.on('data', (chunk: Buffer) => this.append(chunk));
    process.on('message', (report: Report) => this.take(report));
    NodeRed.running.add(this);
    process.on('exit', () => {
      this.exited = true;
      NodeRed.running.delete(this);
      for (const { fail } of this.waiters) fail('Node-RED ended');
    });
  }

  /** The last status of a node. */
  status(id: string): NodeStatus | undefined {
    return this.statuses.findLast((entry) => entry.id === id)?.status;
  }

  /** Messages a probe has seen so far. */
  messagesOf(label: string): ProbeMessage[] {
    return this.messages.filter((message) => message.label === label);
  }

  /** Resolves with a probe's messages once there are at least `count`. */
  waitForMessages(label: string, count = 1, timeout?: number): Promise<ProbeMessage[]> {
    return this.waitFor(
      () => {
        const found = this.messagesOf(label);
        return found.length >= count ? found : undefined;
      },
      `${count} message(s) at ${label}`,
      timeout,
    );
  }

  waitForStatus(id: string, matches: (status: NodeStatus) => boolean, timeout?: number): Promise<NodeStatus> {
    return this.waitFor(
      () => {
        const status = this.status(id);
        return status && matches(status) ? status : undefined;
      },
      () => `a status of ${id}; last: ${JSON.stringify(this.status(id))}`,
      timeout,
    );
  }

  waitForLog(pattern: RegExp, timeout?: number): Promise<string> {
    return this.waitFor(() => pattern.exec(this.log)?.[0], `${String(pattern)} in the log`, timeout);
  }

  /** Resolves when `attempt`, called again after each report of the process, first returns something. */
  waitFor<T>(attempt: () => T | undefined, what: string | (() => string), timeout = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
      };
      const waiter: Waiter = {
        attempt: () => {
          const value = attempt();
          if (value === undefined) return false;
          end();
          resolve(value);
          return true;
        },
        fail: (reason) => {
          end();
          const wanted = typeof what === 'string' ? what : what();
          reject(new Error(`${reason}; waited for ${wanted}\n${this.log.slice(-4000)}`));
        },
      };
      const timer = setTimeout(() => waiter.fail(`not within ${timeout} ms`), timeout);
      this.waiters.add(waiter);
      if (!waiter.attempt() && this.exited) waiter.fail('Node-RED ended');
    });
  }

  /** Deploys over the admin API. A node's `credentials` member is its credentials. */
  async deploy(
    flows: readonly FlowNode[],
    type: 'full' | 'nodes' | 'flows' | 'reload' = 'full',
  ): Promise<void> {
    const root = (this.settings.httpAdminRoot as string | undefined) ?? '';
    await this.deployed(async () => {
      const response = await fetch(`${this.url}${root.replace(/\/$/, '')}/flows`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'node-red-deployment-type': type },
        body: JSON.stringify(flows),
      });
      await response.text();
      if (!response.ok) throw new Error(`deploy was answered with ${response.status}`);
    });
  }

  /** Does what deploys flows, and waits until they run: whoever deploys is answered before that. */
  async deployed<T>(deploy: () => Promise<T>): Promise<T> {
    const before = this.deployments;
    const result = await deploy();
    await this.waitFor(() => (this.deployments > before ? true : undefined), 'the deployed flows to start');
    return result;
  }

  /** Evaluates an expression inside the Node-RED process; `RED` and `require` are in scope. */
  async evaluate<T>(expression: string): Promise<T> {
    const id = ++this.evaluations;
    this.process.send({ kind: 'evaluate', id, expression });
    const { value, error } = await this.waitFor(() => this.evaluated.get(id), expression);
    this.evaluated.delete(id);
    if (error !== undefined) throw new Error(error);
    return value as T;
  }

  /** Ends the process (its nodes are closed first) and removes its user folder. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.exited) {
      const exit = once(this.process, 'exit');
      this.process.kill(signal);
      const stubborn = setTimeout(() => this.process.kill('SIGKILL'), 20_000);
      await exit;
      clearTimeout(stubborn);
    }
    if (this.removeUserDir) rmSync(this.userDir, { recursive: true, force: true });
  }

  private append(chunk: Buffer): void {
    this.log += chunk.toString();
    this.retry();
  }

  private take(report: Report): void {
    switch (report.kind) {
      case 'ready':
        this.port = report.port;
        this.url = `${this.settings.https ? 'https' : 'http'}://127.0.0.1:${report.port}`;
        break;
      case 'deployed':
        this.deployments++;
        break;
      case 'status':
        this.statuses.push({ id: report.id, status: report.status });
        break;
      case 'message':
        this.messages.push(report);
        break;
      case 'evaluated':
        this.evaluated.set(report.id, report);
        break;
    }
    this.retry();
  }

  private retry(): void {
    for (const waiter of [...this.waiters]) waiter.attempt();
  }
}

/** File names of Node-RED's own nodes, with the types each registers. */
const coreNodes = readdirSync(coreFolder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.js') && !file.includes('lib'))
  .map((file) => {
    const source = readFileSync(join(coreFolder, file), 'utf8');
    const types = [...source.matchAll(/registerType\(\s*["']([^"']+)/g)].map(([, type]) => type);
    return { name: basename(file), types };
  });

/**
 * Node-RED starts in two thirds of the time without those that the flows do not have. `http in` stays, since it
 * sets up the HTTP server for all.
 */
function unused(flows: readonly FlowNode[]): string[] {
  const used = new Set(['unknown', 'http in', ...flows.map(({ type }) => type)]);
  return coreNodes.filter(({ types }) => !types.some((type) => used.has(type!))).map(({ name }) => name);
}

/** Starts Node-RED and resolves when its flows run and its server listens. */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRed> {
  const userDir = options.userDir ?? mkdtempSync(join(tmpdir(), 'onegevity-node-red-'));
  linkPackage(userDir, options.packageFolder ?? packageRoot);
  const flows = options.flows ?? [{ id: 'tab', type: 'tab', label: 'Test' }];
  if (options.flows || !options.userDir) {
    writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flows));
    writeFileSync(join(userDir, 'flows_cred.json'), JSON.stringify(options.credentials ?? {}));
  }
  const settings = {
    uiPort: 0,
    uiHost: '127.0.0.1',
    flowFile: 'flows.json',
    credentialSecret: false,
    nodesDir: [probeFolder, ...(options.nodesDir ?? [])],
    nodesExcludes: options.flows && !options.allNodes ? unused(options.flows) : [],
    logging: { console: { level: 'trace', metrics: false, audit: false } },
    // The editor's own code editor, which no test opens, is the smaller of the two that come with it.
    editorTheme: { tours: false, palette: { catalogues: [] }, codeEditor: { lib: 'ace' } },
    telemetry: { enabled: false, updateNotification: false },
    // Node-RED runs npm at every start where its editor may install packages.
    externalModules: { palette: { allowInstall: false } },
    userDir,
    ...options.settings,
  };
  // Node-RED 5.0 shows tips a second after the start, and fails at it where the sidebar has no place for them.
  const editorSettings = { _: { editor: { view: { 'view-show-tips': false } } } };
  writeFileSync(join(userDir, '.config.users.json'), JSON.stringify(editorSettings));
  const settingsFile = join(userDir, 'settings.js');
  const more = options.settingsSource ?? '{}';
  writeFileSync(settingsFile, `module.exports = { ...${JSON.stringify(settings)}, ...(${more}) };\n`);

  const [script, args] = command(options, userDir, settingsFile);
  const child = fork(script, args, {
    cwd: packageRoot,
    execArgv: [],
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    serialization: 'advanced',
  });
  const nodeRed = new NodeRed(child, userDir, settings, options.userDir === undefined);
  try {
    await nodeRed.waitFor(
      () => (nodeRed.url ? true : undefined),
      'Node-RED to start',
      options.startTimeout ?? 20_000,
    );
  } catch (error) {
    await nodeRed.stop('SIGKILL');
    throw error;
  }
  return nodeRed;
}

function linkPackage(userDir: string, folder: string): void {
  const { name } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { name: string };
  const link = join(userDir, 'node_modules', name);
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(folder, link, 'dir');
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({
      name: 'node-red-project',
      version: '0.0.1',
      private: true,
      dependencies: { [name]: '*' },
    }),
  );
}

function command(options: NodeRedOptions, userDir: string, settingsFile: string): [string, string[]] {
  if (options.embedSource === undefined) {
    const script = process.env.NODE_RED_SCRIPT ?? require.resolve('node-red/red.js');
    return [script, ['--userDir', userDir, '--settings', settingsFile]];
  }
  const script = join(userDir, 'embed.js');
  const anchor = JSON.stringify(join(packageRoot, 'package.json'));
  writeFileSync(
    script,
    `((require) => { const settings = require(${JSON.stringify(settingsFile)});\n${options.embedSource}\n})` +
      `(require('node:module').createRequire(${anchor}));\n`,
  );
  return [script, []];
}
