import { sendEvents, viewInbox, waitUntilEmpty, type Way } from '../../test/support/inbox-flow';
import { numbers } from '../../test/support/inbox-suite';
import type { NodeRed } from '../../test/support/node-red';
import { emissions, note, type Seen, tally, type Tally, way } from './kills';
import type { RedisKind } from './kinds';
import { inUserFolder, start, through } from './stand';

export interface Throughput {
  nodeReds: number;
  /** Events answered in a second, with 100 connections. */
  accepted: number;
  /** Events dealt with in a second, from the first that was sent to the last that was done. */
  done: number;
  /** Events that each Node-RED emitted. */
  shares: number[];
}

export interface Shared {
  instances: Tally;
  redisAway: Tally;
  throughput: Throughput[];
}

interface Surroundings {
  /** Where user folders lie. */
  place: string;
  secret: string;
}

const connections = 100;
/** Seconds. */
const visibilityTimeout = 5;
const longest = 180_000;

/** Several Node-REDs on one Redis: what is kept when one of them or Redis fails, and what they get through. */
export async function share(kind: RedisKind, where: Surroundings, events: number): Promise<Shared> {
  return {
    instances: await together(kind, where, 3, way, (nodeReds) => killOneAndPauseOne(nodeReds, where, events)),
    redisAway: await together(kind, where, 3, way, (nodeReds) => killRedis(kind, nodeReds, where, events)),
    throughput: [
      await speedOf(kind, where, 1, events),
      await speedOf(kind, where, 2, events),
      await speedOf(kind, where, 4, events),
    ],
  };
}

async function killOneAndPauseOne(
  [killed, paused, last]: NodeRed[],
  { secret }: Surroundings,
  events: number,
): Promise<Tally> {
  const half = Math.floor(events / 2);
  const toKilled = sendEvents(killed!.port, numbers(half), connections / 2, secret);
  const toLast = sendEvents(last!.port, from(half + 1, events - half), connections / 2, secret);
  await emissions(paused!, Math.ceil(events / 10));
  paused!.process.kill('SIGSTOP');
  await emissions(killed!, Math.ceil(events / 6));
  await killed!.stop('SIGKILL');
  const results = [await toKilled, await toLast];
  const accepted = results.flatMap((result) => result.accepted);
  const more = await sendEvents(last!.port, from(events + 1, events - accepted.length), connections, secret);
  // What the other two held counts until it has been taken over.
  await waitUntilEmpty(last!, longest);
  paused!.process.kill('SIGCONT');
  return settled([killed!, paused!, last!], last!, [...results, more]);
}

async function killRedis(
  { server }: RedisKind,
  nodeReds: NodeRed[],
  { secret }: Surroundings,
  events: number,
): Promise<Tally> {
  const [first, ...others] = nodeReds as [NodeRed, ...NodeRed[]];
  const each = Math.floor(events / nodeReds.length);
  const sending = nodeReds.map((nodeRed, index) =>
    sendEvents(nodeRed.port, from(index * each + 1, each), Math.floor(connections / nodeReds.length), secret),
  );
  await emissions(first, Math.ceil(each / 3));
  await server.kill();
  await first.waitForStatus('hook', ({ fill }) => fill === 'red');
  await server.start();
  const results = await Promise.all(sending);
  for (const nodeRed of [first, ...others])
    await nodeRed.waitForStatus('hook', ({ fill }) => fill !== 'red', longest);
  const missing = events - results.flatMap(({ accepted }) => accepted).length;
  results.push(await sendEvents(first.port, from(events + 1, missing), connections, secret));
  return settled(nodeReds, first, results);
}

function speedOf(
  kind: RedisKind,
  where: Surroundings,
  nodeReds: number,
  events: number,
): Promise<Throughput> {
  return together(kind, where, nodeReds, counted(kind), async (running) => {
    const each = Math.floor(events / nodeReds);
    const began = performance.now();
    const results = await Promise.all(
      running.map(({ port }, index) =>
        sendEvents(port, from(index * each + 1, each), Math.floor(connections / nodeReds), where.secret),
      ),
    );
    const answered = performance.now();
    await waitUntilEmpty(running[0]!, longest);
    const ended = performance.now();
    const count = results.flatMap(({ accepted }) => accepted).length;
    if (count < each * nodeReds) throw new Error(`${each * nodeReds - count} events were not accepted`);
    return {
      nodeReds,
      accepted: (count * 1000) / (answered - began),
      done: (count * 1000) / (ended - began),
      shares: await Promise.all(
        running.map((one) => one.evaluate<number>("RED.nodes.getNode('count').context().get('count')||0")),
      ),
    };
  });
}

/** As fast as a flow can be that says how many events it got. */
function counted(kind: RedisKind): Way {
  const [step, ...rest] = through(kind);
  const count = {
    id: 'count',
    type: 'function',
    z: 'tab',
    func: "context.set('count', (context.get('count') || 0) + 1); return msg;",
    outputs: 1,
    wires: [['done']],
  };
  return [{ ...step!, wires: [['count']] }, count, ...rest];
}

/** Starts Node-REDs with the same flow, each in a user folder of its own, for some work. */
async function together<T>(
  kind: RedisKind,
  { place, secret }: Surroundings,
  count: number,
  flow: Way,
  work: (nodeReds: NodeRed[]) => Promise<T>,
  running: NodeRed[] = [],
): Promise<T> {
  if (running.length === count) return work(running);
  return inUserFolder(place, async (userDir) => {
    const nodeRed = await start({ kind, userDir, secret }, flow, { maxAttempts: 1000, visibilityTimeout });
    try {
      return await together(kind, { place, secret }, count, flow, work, [...running, nodeRed]);
    } finally {
      await nodeRed.stop('SIGKILL');
    }
  });
}

/** Waits until everything is done. */
async function settled(
  nodeReds: readonly NodeRed[],
  alive: NodeRed,
  results: Awaited<ReturnType<typeof sendEvents>>[],
): Promise<Tally> {
  await waitUntilEmpty(alive, longest);
  const { stats } = await viewInbox(alive);
  const seen: Seen = new Map();
  for (const nodeRed of nodeReds) note(nodeRed, seen);
  return tally(
    seen,
    results.flatMap(({ accepted }) => accepted),
    {
      unanswered: results.flatMap(({ refused, unanswered }) => [...refused, ...unanswered]).length,
      unfinished: stats.waiting + stats.inFlight + stats.dead + stats.unreadable,
    },
  );
}

function from(first: number, count: number): number[] {
  return numbers(count).map((id) => id + first - 1);
}
