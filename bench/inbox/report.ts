import { megabytes, whole } from '../support';
import type { Kills, Tally } from './kills';
import type { KindName } from './kinds';
import type { Shared } from './shared';
import type { Speed } from './speed';
import type { Waiting } from './waiting';

export interface Report {
  machine: string;
  node: string;
  fileSystem: string;
  inbox: KindName;
  kills?: Kills;
  speed?: Speed[];
  waiting?: Waiting;
  shared?: Shared;
}

/** The report as Markdown. */
export function table({ machine, node, fileSystem, inbox, kills, speed, waiting, shared }: Report): string {
  return [
    `Node ${node}, ${machine}, inbox ${inbox}, ${fileSystem}`,
    ...(speed ? speedLines(speed) : []),
    '',
    ...(kills ? [killsLine(kills)] : []),
    ...(waiting ? waitingLines(waiting) : []),
    ...(shared ? sharedLines(shared) : []),
  ].join('\n');
}

function speedLines(speed: readonly Speed[]): string[] {
  return [
    '',
    '| connections | inbox | events/s | of none | p50 ms | p99 ms | CPU µs an event |',
    '|---|---|---|---|---|---|---|',
    ...speed.map(
      ({ connections, inbox, perSecond, share, p50, p99, cpuMicroseconds }) =>
        `| ${connections} | ${inbox} | ${whole(perSecond)} | ${(share * 100).toFixed(0)} % | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${whole(cpuMicroseconds)} |`,
    ),
  ];
}

function killsLine({ kills, ...counts }: Kills): string {
  return tallyLine(`over ${kills} kills`, counts);
}

function tallyLine(
  over: string,
  { accepted, unanswered, lost, unfinished, repeats, unmarked }: Tally,
): string {
  return (
    `- ${whole(accepted)} events accepted ${over} (${unanswered} more were refused or cut off unanswered): ` +
    `${lost} lost, ${unfinished} never finished, ${repeats} emitted again, ${unmarked} of those unmarked`
  );
}

function sharedLines({ instances, redisAway, throughput }: Shared): string[] {
  return [
    tallyLine('by three Node-REDs, one killed, one paused for longer than the visibility timeout', instances),
    tallyLine('by three Node-REDs while Redis was killed and started again', redisAway),
    '',
    '| Node-REDs | accepted/s | done/s | events of each |',
    '|---|---|---|---|',
    ...throughput.map(
      ({ nodeReds, accepted, done, shares }) =>
        `| ${nodeReds} | ${whole(accepted)} | ${whole(done)} | ${shares.map(whole).join(', ')} |`,
    ),
  ];
}

function waitingLines(waiting: Waiting): string[] {
  const { events, startEmpty, startFull, memoryEmpty, memoryFull, memoryEmitting, emitting } = waiting;
  return [
    `- with ${whole(events)} events waiting the inbox is open ${whole(startFull)} ms after the start, with none ${whole(startEmpty)} ms`,
    `- memory of its own: ${megabytes(memoryEmpty)} MB with none, ${megabytes(memoryFull)} MB with all waiting, ` +
      `${megabytes(memoryEmitting)} MB at most while all are emitted, which took ${(emitting / 1000).toFixed(1)} s`,
  ];
}
