import { waitUntilEmpty } from '../../test/support/inbox-flow';
import type { NodeRed } from '../../test/support/node-red';
import { median, pin, usageOf } from '../support';
import { Load } from '../webhook/load';
import { path } from '../webhook/servers';
import { type Kind, type KindName, kinds } from './kinds';
import { inUserFolder, start, through } from './stand';

export interface Speed {
  inbox: KindName;
  connections: number;
  perSecond: number;
  /** Milliseconds until the answer. */
  p50: number;
  p99: number;
  /** Processor time of Node-RED for one event, from its arrival to its end. */
  cpuMicroseconds: number;
  /** Of the throughput without an inbox, the median over the rounds. */
  share: number;
}

interface Measured extends Omit<Speed, 'share'> {
  round: number;
}

export interface Pace {
  rounds: number;
  /** Of each measurement. */
  seconds: number;
  /** Numbers of connections. */
  levels: readonly number[];
}

/** Without an inbox and with one, in turn in each round, so that what else the machine does meets both. */
export async function compare(
  name: KindName,
  kind: Kind,
  { place, secret, rounds, seconds, levels }: Pace & { place: string; secret: string },
): Promise<Speed[]> {
  const load = new Load();
  pin(load.pid, '1');
  const measured: Measured[] = [];
  const without = await kinds.none();
  try {
    await onNodeRed(without, { place, secret }, (bare) =>
      onNodeRed(kind, { place, secret }, async (durable) => {
        const subjects = [
          ['none', bare],
          [name, durable],
        ] as const;
        const one = async (round: number, connections: number, each = seconds): Promise<Measured[]> => {
          const pair: Measured[] = [];
          for (const [inbox, nodeRed] of subjects) {
            const figures = await measure(load, nodeRed, connections, each, nodeRed === durable);
            pair.push({ inbox, connections, round, ...figures });
          }
          return pair;
        };
        await one(0, 10, 1);
        for (let round = 0; round < rounds; round++)
          for (const connections of levels) measured.push(...(await one(round, connections)));
      }),
    );
  } finally {
    load.stop();
  }
  return levels.flatMap((connections) =>
    (['none', name] as const).map((inbox) => medians(measured, inbox, connections)),
  );
}

function onNodeRed(
  kind: Kind,
  { place, secret }: { place: string; secret: string },
  work: (nodeRed: NodeRed) => Promise<void>,
): Promise<void> {
  return inUserFolder(place, async (userDir) => {
    const nodeRed = await start({ kind, userDir, secret }, through(kind));
    pin(nodeRed.process.pid, '0');
    try {
      await work(nodeRed);
    } finally {
      await nodeRed.stop();
    }
  });
}

/** @param seconds of sending; what is left in the inbox then is waited for */
async function measure(
  load: Load,
  nodeRed: NodeRed,
  connections: number,
  seconds: number,
  durable: boolean,
): Promise<Pick<Speed, 'perSecond' | 'p50' | 'p99' | 'cpuMicroseconds'>> {
  const before = await usageOf(nodeRed);
  const url = nodeRed.url + path;
  const { perSecond, p50, p99, count, statuses } = await load.measure(url, { connections, seconds });
  if (statuses['200'] !== count) throw new Error(`unexpected answers: ${JSON.stringify(statuses)}`);
  if (durable) await waitUntilEmpty(nodeRed, 60_000);
  const after = await usageOf(nodeRed);
  return { perSecond, p50, p99, cpuMicroseconds: (after.cpu - before.cpu) / count };
}

function medians(measured: readonly Measured[], inbox: KindName, connections: number): Speed {
  const of = (wanted: KindName) =>
    measured.filter((one) => one.inbox === wanted && one.connections === connections);
  const [own, bare] = [of(inbox), of('none')];
  const middle = (pick: (one: Measured) => number) => median(own.map(pick));
  return {
    inbox,
    connections,
    perSecond: middle(({ perSecond }) => perSecond),
    p50: middle(({ p50 }) => p50),
    p99: middle(({ p99 }) => p99),
    cpuMicroseconds: middle(({ cpuMicroseconds }) => cpuMicroseconds),
    share: median(own.map(({ round, perSecond }) => perSecond / bare[round]!.perSecond)),
  };
}
