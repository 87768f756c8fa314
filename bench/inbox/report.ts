import { megabytes, whole } from '../support';
import type { Kills } from './kills';
import type { KindName } from './kinds';
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
}

/** The report as Markdown. */
export function table({ machine, node, fileSystem, inbox, kills, speed, waiting }: Report): string {
  return [
    `Node ${node}, ${machine}, inbox ${inbox}, ${fileSystem}`,
    ...(speed ? speedLines(speed) : []),
    '',
    ...(kills ? [killsLine(kills)] : []),
    ...(waiting ? waitingLines(waiting) : []),
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

function killsLine({ kills, accepted, unanswered, lost, unfinished, repeats, unmarked }: Kills): string {
  return (
    `- ${whole(accepted)} events accepted over ${kills} kills (${unanswered} more were cut off unanswered): ` +
    `${lost} lost, ${unfinished} never finished, ${repeats} emitted again, ${unmarked} of those unmarked`
  );
}

function waitingLines(waiting: Waiting): string[] {
  const { events, startEmpty, startFull, memoryEmpty, memoryFull, memoryEmitting, emitting } = waiting;
  return [
    `- with ${whole(events)} events waiting the inbox is open ${whole(startFull)} ms after the start, with none ${whole(startEmpty)} ms`,
    `- memory: ${megabytes(memoryEmpty)} MB with none, ${megabytes(memoryFull)} MB with all waiting, ` +
      `${megabytes(memoryEmitting)} MB at most while all are emitted, which took ${(emitting / 1000).toFixed(1)} s`,
  ];
}
