/**
 * `npm run bench:webhook`: what receiving a signed delivery costs, side by side with a bare server, express, and a
 * flow built by hand. Options: --seconds N (of each measurement), --rounds N, --only speed|memory, --json.
 */
import { parseArgs } from 'node:util';
import { Load, request } from './load';
import { type Candidate, candidates, type Figures, type Memory, type Report, summary, table } from './report';
import { machine, pin, watch } from '../support';
import { handBuilt, ours, type Server, startFlow, startPeer } from './servers';

const levels = [10, 100];
const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const starts: Record<Candidate, () => Promise<Server>> = {
  'bare node:http': () => startPeer('bare'),
  'express 4': () => startPeer('express'),
  'built by hand': () => startFlow(handBuilt),
  'our node, early answer': () => startFlow(ours()),
  'our node, ordinary route': () => startFlow(ours(), { onegevityWebhookFast: false }),
};

async function main(): Promise<void> {
  const load = new Load();
  const pinned = pin(load.pid, '1');
  const rounds = options.only === 'memory' ? [] : await compare(load);
  const report: Report = {
    machine: machine(pinned),
    node: process.version,
    ...summary(rounds),
    memory: options.only === 'speed' ? [] : await memory(load),
  };
  console.log(options.json ? JSON.stringify(report, undefined, 2) : table(report));
  load.stop();
}

/** All servers one after the other in each round, so that what else the machine does meets all of them. */
async function compare(load: Load): Promise<Figures[][]> {
  const servers: [Candidate, Server][] = [];
  try {
    for (const candidate of candidates) {
      const server = await starts[candidate]();
      servers.push([candidate, server]);
      pin(server.pid, '0');
      await load.measure(server.url, { connections: 10, seconds: 1 });
    }
    const rounds: Figures[][] = [];
    for (let round = 0; round < Number(options.rounds); round++) {
      const figures: Figures[] = [];
      for (const connections of levels) {
        for (const [candidate, server] of servers) {
          figures.push({ candidate, connections, ...(await measure(load, server, connections)) });
        }
      }
      rounds.push(figures);
    }
    return rounds;
  } finally {
    for (const [, server] of servers) await server.stop();
  }
}

async function measure(
  load: Load,
  server: Server,
  connections: number,
): Promise<Omit<Figures, 'candidate' | 'connections'>> {
  const before = await server.usage();
  const { perSecond, p50, p99, count, statuses } = await load.measure(server.url, {
    connections,
    seconds: Number(options.seconds),
  });
  const after = await server.usage();
  if (statuses['200'] !== count) throw new Error(`unexpected answers: ${JSON.stringify(statuses)}`);
  return { perSecond, p50, p99, cpuMicroseconds: (after.cpu - before.cpu) / count, rss: after.rss };
}

async function memory(load: Load): Promise<Memory[]> {
  const results: Memory[] = [];
  for (const chunked of [false, true]) {
    const server = await startFlow(ours());
    pin(server.pid, '0');
    await load.measure(server.url, { connections: 10, seconds: 2 });
    const task = { posts: 1000, bytes: 60 * 2 ** 20, connections: 20, chunked };
    const what = `1,000 posts of 60 MB refused (${chunked ? 'chunked' : 'with their length'})`;
    results.push({ what, ...(await remembered(server, () => load.refuse(server.url, task))) });
    await server.stop();
  }
  const server = await startFlow(ours({ duplicateWindow: 3600 }));
  pin(server.pid, '0');
  const requests = Array.from({ length: 200_000 }, (_, id) => request(id));
  const part = (first: number) => ({
    requests: requests.slice(first, first + 100_000),
    connections: 100,
    count: 100_000,
  });
  // Fills the window ten times over. A process that has just started grows for a while, whatever it does.
  await load.measure(server.url, part(100_000));
  const all = part(0);
  results.push({
    what: '100,000 deliveries with the window of duplicates full',
    ...(await remembered(server, () => load.measure(server.url, all))),
  });
  await server.stop();
  return results;
}

/** Resident memory before, during and after some work. */
async function remembered(
  server: Server,
  work: () => Promise<{ statuses: Record<string, number> }>,
): Promise<Omit<Memory, 'what'>> {
  const { result, ...memory } = await watch(async () => (await server.usage()).rss, work);
  return { ...memory, statuses: result.statuses };
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
