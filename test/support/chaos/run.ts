/**
 * A chaos run: orders and results go through a real Node-RED while the API, the webhooks, Node-RED itself and its
 * deployments fail at random. Afterwards, `judge.ts` compares what the flows reported with what the sandbox has.
 *
 * The seed decides the orders, the faults, and the kind and order of kills and deployments. Their moments depend on
 * the machine.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Delivery } from '../../../src/sandbox/webhooks/delivery';
import type { ActiveFault } from '../../../src/sandbox/faults/kinds';
import { random, type Random } from '../../../src/sandbox/data/random';
import type { InboxView } from '../../../src/nodes/admin/inbox-view';
import { inboxKey } from '../inbox-flow';
import { type FlowNode, type NodeRed, startNodeRed } from '../node-red';
import { person } from '../sandbox';
import { chaosFaults } from './faults';
import { chaosFlow, type FlowOptions } from './flow';
import { judge, type Tally } from './judge';
import type { Ready } from './sandbox';

export interface ChaosOptions {
  seed: number;
  orders: number;
  kills: number;
  deploys: number;
  /** Default: `now`. */
  teaching?: FlowOptions['teaching'];
  /** Share of faults that hold calls up, such as a body that comes slowly. */
  heavy?: number;
  /** Milliseconds between a kill or deployment and the next one, at most. */
  pause?: number;
  /** Milliseconds that everything may take to come to rest afterwards. */
  patience?: number;
  /** Where what the run has seen is written, for who looks into a broken promise. */
  witnessFile?: string;
}

export interface Order {
  patientIdentifier: string;
  orderIdentifier: string;
}

/** An entry of the flow's recorder. */
export interface Entry {
  note: 'start' | 'done' | 'retry' | 'deadLetter' | 'dead' | 'other' | 'not-ended';
  time: number;
  id?: string;
  attempt?: number;
  redelivered?: boolean;
  event?: Order & { id: number };
  report?: number | null;
  code?: string;
}

/** A time in which deliveries end without a word: those of a Node-RED that is killed or deployed. */
export interface Break {
  from: number;
  to: number;
}

/** What the run has seen. */
export interface Witness {
  orders: readonly Order[];
  /** Answered with 200 by the flow. */
  placed: ReadonlySet<string>;
  /** Answered with 422: the flow says that it is of no use to try again. By order. */
  stopped: ReadonlyMap<string, string>;
  entries: readonly Entry[];
  breaks: readonly Break[];
  deliveries: readonly Delivery[];
  faults: readonly ActiveFault[];
  kills: number;
  deploys: number;
  /** Events that are still open at the end. */
  open: number;
}

const connections = 6;
/** Milliseconds. A message that a deployment drops is never answered. */
const requestTimeout = 5000;
const node = 'hook';

export async function runChaos(options: ChaosOptions): Promise<Tally> {
  const { seed, orders: count, kills, deploys, teaching = 'now', patience = 60_000 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-chaos-'));
  const child = fork(join(__dirname, 'sandbox.ts'), [String(seed)], { execArgv: ['--import', 'tsx'] });
  const run = new Run(child, folder, await freePort(), options);
  try {
    await run.begin(teaching);
    const orders = makeOrders(count, random(seed, 1));
    const acts = shuffle(
      [...Array<'kill'>(kills).fill('kill'), ...Array<'deploy'>(deploys).fill('deploy')],
      random(seed, 2),
    );
    const placing = run.place(orders, acts.length);
    await run.disturb(acts);
    await placing;
    const faults = await run.endFaults();
    const open = await run.rest(orders, patience);
    const witness = await run.testimony(orders, faults, open);
    if (options.witnessFile) writeFileSync(options.witnessFile, JSON.stringify(witness));
    return await judge(witness, run.ready);
  } finally {
    await run.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

class Run {
  ready!: Ready;
  #nodeRed: NodeRed | undefined;
  #flows: FlowNode[] = [];
  #acts = 0;
  #isOver = false;
  readonly #placed = new Set<string>();
  readonly #stopped = new Map<string, string>();
  readonly #breaks: Break[] = [];
  readonly #done = { kill: 0, deploy: 0 };
  readonly #log: string;

  constructor(
    readonly sandbox: ChildProcess,
    readonly folder: string,
    readonly port: number,
    readonly options: ChaosOptions,
  ) {
    this.#log = join(folder, 'chaos.jsonl');
  }

  async begin(teaching: FlowOptions['teaching']): Promise<void> {
    [this.ready] = (await once(this.sandbox, 'message')) as [Ready];
    this.#flows = chaosFlow({ baseUrl: this.ready.url, teaching });
    await this.#start();
    const url = `http://127.0.0.1:${this.port}/hook/results.released`;
    await this.control('POST', 'webhooks', { url, topics: ['results.released'] });
    for (const fault of chaosFaults(this.options.heavy)) await this.control('POST', 'faults', fault);
  }

  async #start(): Promise<void> {
    const { clientId, clientSecret, webhookSecret } = this.ready;
    this.#nodeRed = await startNodeRed({
      flows: this.#flows,
      credentials: { config: { clientId, clientSecret, webhookSecret, inboxKey } },
      userDir: this.folder,
      nodesDir: [join(__dirname, 'nodes')],
      env: { CHAOS_LOG: this.#log },
      settings: { uiPort: this.port, logging: { console: { level: 'warn', metrics: false, audit: false } } },
      startTimeout: 60_000,
    });
  }

  /** As a clinic's own system does: an order is sent again until the flow says that it is placed. */
  async place(orders: readonly Order[], acts: number): Promise<void> {
    const waiting = [...orders];
    let sent = 0;
    const worker = async (): Promise<void> => {
      for (let order = waiting.shift(); order; order = waiting.shift()) {
        // Orders keep step with the kills and deployments, so that these meet orders from the first to the last.
        const due = (++sent / orders.length) * acts - 1;
        while (this.#acts < due && !this.#isOver) await sleep(20);
        while (!this.#isOver && !(await this.#send(order))) await sleep(50);
        if (this.#isOver) return;
        this.#placed.add(order.orderIdentifier);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
  }

  async #send(order: Order): Promise<boolean> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.port}/chaos/order`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body(order)),
        signal: AbortSignal.timeout(requestTimeout),
      });
      const text = await response.text();
      if (response.status === 422) this.#stopped.set(order.orderIdentifier, text);
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** Kills and deploys, and meanwhile repeats and forges deliveries. */
  async disturb(acts: readonly ('kill' | 'deploy')[]): Promise<void> {
    const dice = random(this.options.seed, 3);
    const { pause = 1200 } = this.options;
    for (const act of acts) {
      await sleep(dice.int(pause / 6, pause));
      if (act === 'kill') await this.#kill();
      else await this.#deploy(dice);
      this.#acts++;
      await this.#resend(dice);
    }
  }

  async #kill(): Promise<void> {
    const from = Date.now();
    await this.#nodeRed?.stop('SIGKILL');
    this.#breaks.push({ from, to: Date.now() });
    this.#done.kill++;
    await this.#start();
  }

  async #deploy(dice: Random): Promise<void> {
    const type = dice.pick(['full', 'flows', 'nodes'] as const);
    const changed = dice.pick(['list', 'create', 'hook', 'end', 'config']);
    const name = `deployed ${this.#done.deploy}`;
    this.#flows = this.#flows.map((one) => (one.id === changed ? { ...one, name } : one));
    const from = Date.now();
    await this.#nodeRed?.deploy(this.#flows, type);
    this.#breaks.push({ from, to: Date.now() });
    this.#done.deploy++;
  }

  async #resend(dice: Random): Promise<void> {
    const delivered = (await this.#deliveries()).filter(({ state }) => state === 'delivered');
    if (delivered.length === 0) return;
    const how = dice.pick(['same', 'twice', 'wrong-signature', 'changed-byte']);
    await this.control('POST', `deliveries/${dice.pick(delivered).id}/resend`, { how });
  }

  async #deliveries(): Promise<Delivery[]> {
    return (await this.control<{ deliveries: Delivery[] }>('GET', 'deliveries')).deliveries;
  }

  /** @returns the faults, with how often each was applied */
  async endFaults(): Promise<ActiveFault[]> {
    const { faults } = await this.control<{ faults: ActiveFault[] }>('GET', 'faults');
    await this.control('DELETE', 'faults');
    return faults;
  }

  /**
   * Lets every order come to its results, sends again what was dropped, and waits until the inbox is empty.
   * @returns events that are open when the patience is at its end
   */
  async rest(orders: readonly Order[], patience: number): Promise<number> {
    const end = Date.now() + patience;
    for (const { orderIdentifier } of orders) {
      await this.control('POST', `orders/${orderIdentifier}/release`).catch(() => undefined);
    }
    const seen = new Set<string>();
    for (;;) {
      const deliveries = await this.#deliveries();
      const sent = new Set(deliveries.filter(({ state }) => state !== 'dropped').map((one) => one.body));
      for (const { id, body: text, state } of deliveries) {
        if (state !== 'dropped' || sent.has(text) || seen.has(text)) continue;
        seen.add(text);
        await this.control('POST', `deliveries/${id}/resend`, { how: 'same' });
      }
      const isSettled = (await this.#deliveries()).every(({ state }) => state !== 'waiting');
      const open = await this.#openEvents();
      if ((isSettled && open === 0) || Date.now() > end) return open;
      await sleep(100);
    }
  }

  async #openEvents(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/onegevity/inbox/${node}`);
    const { ok, stats } = (await response.json()) as InboxView & { ok: boolean };
    return ok ? stats.waiting + stats.inFlight : 1;
  }

  async testimony(orders: readonly Order[], faults: readonly ActiveFault[], open: number): Promise<Witness> {
    return {
      orders,
      placed: this.#placed,
      stopped: this.#stopped,
      entries: readFileSync(this.#log, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Entry),
      breaks: this.#breaks,
      deliveries: await this.#deliveries(),
      faults,
      kills: this.#done.kill,
      deploys: this.#done.deploy,
      open,
    };
  }

  async control<T>(method: string, path: string, members?: object): Promise<T> {
    const response = await fetch(`${this.ready.url}/sandbox/${path}`, {
      method,
      ...(members && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(members) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${text}`);
    return JSON.parse(text) as T;
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#nodeRed?.stop('SIGKILL');
    if (this.sandbox.exitCode === null) {
      const exit = once(this.sandbox, 'exit');
      this.sandbox.kill();
      await exit;
    }
  }
}

/** Some patients have several orders. */
function makeOrders(count: number, dice: Random): Order[] {
  const patients = Math.max(1, Math.ceil(count / 4));
  return Array.from({ length: count }, (_, index) => ({
    patientIdentifier: `CHAOS-P${dice.int(1, patients)}`,
    orderIdentifier: `CHAOS-O${index + 1}`,
  }));
}

/** An order whose kit is active already, so that it comes to its results. */
const body = (order: Order): object => ({
  ...order,
  packageIdentifier: 'GUT-BALANCE',
  patientInformation: person,
  kitActivations: [{ packageElementIdentifier: 'GUT-KIT', activationCode: 'TH-DEMO' }],
});

function shuffle<T>(list: T[], dice: Random): T[] {
  for (let at = list.length - 1; at > 0; at--) {
    const other = dice.int(0, at);
    [list[at], list[other]] = [list[other]!, list[at]!];
  }
  return list;
}

/**
 * A port that stays the same over restarts. While Node-RED is away nobody else must get it, so it is not one of those
 * that a system gives to whoever asks for any.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
    } catch {
      continue;
    }
    server.close();
    return port;
  }
}
