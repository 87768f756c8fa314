/**
 * `npm run bench:api`: what a call of the API costs inside a real Node-RED, side by side with its peers.
 * Options: --seconds N (of each measurement), --rounds N, --patients N (streamed from the sandbox), --json.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startNodeRed, type NodeRed } from '../../test/support/node-red';
import { type Candidate, candidates, flows } from './flows';
import { ratios, type Streaming, type Figures, type Report, table } from './report';
import { machine, median, pin } from '../support';
import type { Command, State } from './server';

const levels = [1, 16, 64];

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    patients: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const server = fork(join(__dirname, 'server.ts'), { execArgv: ['--import', 'tsx'] });
  const [{ port }] = (await once(server, 'message')) as [State];
  const patients = Number(options.patients);
  const sandbox = await startSandbox(patients);
  const { clientId, clientSecret } = sandbox.ready;
  let nodeRed: NodeRed | undefined;
  try {
    nodeRed = await startNodeRed({
      flows: flows(`http://127.0.0.1:${port}`, { root: sandbox.ready.url }),
      credentials: {
        api: { clientId: 'id', clientSecret: 'secret' },
        cold: { clientId: 'id', clientSecret: 'secret' },
        sandbox: { clientId, clientSecret },
      },
      nodesDir: [join(__dirname, 'nodes')],
      settings: { logging: { console: { level: 'warn', metrics: false, audit: false } } },
    });
    // As in the measurements of docs/explanation/performance.md: the servers on one core, what is measured on the other.
    const pinned = pin(nodeRed.process.pid, '0') && pin(server.pid, '1') && pin(sandbox.process.pid, '1');
    const tokens = await countTokens(nodeRed, server);
    const figures = await compare(nodeRed);
    const report: Report = {
      machine: machine(pinned),
      node: process.version,
      figures,
      ratios: ratios(figures),
      tokens,
      streaming: await stream(nodeRed, patients),
    };
    console.log(options.json ? JSON.stringify(report, undefined, 2) : table(report));
  } finally {
    await nodeRed?.stop();
    server.disconnect();
    sandbox.process.kill();
  }
}

interface Ready {
  url: string;
  clientId: string;
  clientSecret: string;
}

async function startSandbox(patients: number): Promise<{ process: ChildProcess; ready: Ready }> {
  const script = join(__dirname, '../../dist/cli/sandbox.js');
  const child = spawn(
    process.execPath,
    [script, '--port', '0', '--pace', '0', '--patients', String(patients)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { process: child, ready: JSON.parse(line) as Ready };
}

async function ask(server: ChildProcess, command: Command): Promise<State> {
  server.send(command);
  const [state] = (await once(server, 'message')) as [State];
  return state;
}

const node = (id: string) => `RED.nodes.getNode(${JSON.stringify(id)})`;

/** Token requests of 1,000 messages that find no token, and of 1,000 that meet a revoked one. */
async function countTokens(nodeRed: NodeRed, server: ChildProcess): Promise<Report['tokens']> {
  const burst = () => nodeRed.evaluate<number>(`${node('drive cold messages')}.burst(1000)`);
  const { tokenRequests: before } = await ask(server, 'count');
  await burst();
  const { tokenRequests: after } = await ask(server, 'revoke');
  await burst();
  const { tokenRequests: end } = await ask(server, 'count');
  return { cold: after - before, revoked: end - after };
}

/** All candidates one after the other in each round, so that what else the machine does meets all of them. */
async function compare(nodeRed: NodeRed): Promise<Figures[]> {
  const rounds: Figures[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const inFlight of levels) {
      for (const candidate of candidates) {
        const call = `${node(`drive ${candidate}`)}.measure(${inFlight}, ${Number(options.seconds)})`;
        const measured = await nodeRed.evaluate<Omit<Figures, 'candidate' | 'inFlight'>>(call);
        rounds.push({ candidate, inFlight, ...measured });
      }
    }
  }
  return levels.flatMap((inFlight) => candidates.map((candidate) => medians(rounds, candidate, inFlight)));
}

function medians(rounds: readonly Figures[], candidate: Candidate, inFlight: number): Figures {
  const own = rounds.filter((figures) => figures.candidate === candidate && figures.inFlight === inFlight);
  const middle = (pick: (figures: Figures) => number) => median(own.map(pick));
  return {
    candidate,
    inFlight,
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    cpuMicroseconds: middle(({ cpuMicroseconds }) => cpuMicroseconds),
  };
}

/** Streams all patients of the sandbox through patientDetails. */
async function stream(nodeRed: NodeRed, patients: number): Promise<Streaming> {
  const counter = node('streamed');
  await nodeRed.evaluate(`${counter}.start(${patients}), ${node('list')}.receive({ payload: '' })`);
  for (;;) {
    const result = await nodeRed.evaluate<Omit<Streaming, 'patients'> | undefined>(`${counter}.result()`);
    if (result) return { patients, ...result };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
