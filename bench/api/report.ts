import { megabytes, whole } from '../support';
import type { Candidate } from './flows';

export interface Figures {
  candidate: Candidate;
  /** Messages under way at any time. */
  inFlight: number;
  perSecond: number;
  /** Milliseconds from sending a message into the node until it comes out. */
  p50: number;
  p99: number;
  /** Processor time of the Node-RED process for one message. */
  cpuMicroseconds: number;
}

export interface Streaming {
  patients: number;
  /** Bytes of resident memory. */
  before: number;
  highest: number;
  /** Milliseconds after which each further 1,000 had come. */
  times: number[];
}

export interface Report {
  machine: string;
  node: string;
  figures: Figures[];
  ratios: Ratio[];
  /** Token requests. */
  tokens: { cold: number; revoked: number };
  streaming: Streaming;
}

/** How many times the order node does what a peer does. */
export interface Ratio {
  inFlight: number;
  peer: Candidate;
  /** In the same time. */
  byTime: number;
  /** With the same processor time of Node-RED: what is left of the comparison on a busy machine. */
  byProcessor: number;
}

export function ratios(figures: readonly Figures[]): Ratio[] {
  const find = (candidate: Candidate, inFlight: number) =>
    figures.find((one) => one.candidate === candidate && one.inFlight === inFlight);
  return [...new Set(figures.map(({ inFlight }) => inFlight))].flatMap((inFlight) =>
    (['core http request', 'bare axios'] as const).flatMap((peer) => {
      const [own, other] = [find('order node', inFlight), find(peer, inFlight)];
      if (!own || !other) return [];
      const byTime = own.perSecond / other.perSecond;
      return { inFlight, peer, byTime, byProcessor: other.cpuMicroseconds / own.cpuMicroseconds };
    }),
  );
}

/** The report as Markdown. */
export function table({ machine, node, figures, ratios: found, tokens, streaming }: Report): string {
  const rows = figures.map(
    ({ candidate, inFlight, perSecond, p50, p99, cpuMicroseconds }) =>
      `| ${inFlight} | ${candidate} | ${whole(perSecond)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${whole(cpuMicroseconds)} |`,
  );
  return [
    `Node ${node}, ${machine}`,
    '',
    '| in flight | node | messages/s | p50 ms | p99 ms | CPU µs a message |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
    ...found.map(
      ({ inFlight, peer, byTime, byProcessor }) =>
        `- at ${inFlight} in flight the order node does ${byTime.toFixed(1)} times the messages of ${peer}, ` +
        `and ${byProcessor.toFixed(1)} times as many for the same processor time`,
    ),
    `- 1,000 cold messages: ${tokens.cold} token request(s)`,
    `- 1,000 messages that meet a revoked token: ${tokens.revoked} token request(s)`,
    streamingLine(streaming),
  ].join('\n');
}

function streamingLine({ patients, before, highest, times }: Streaming): string {
  const fifth = Math.max(1, Math.floor(times.length / 5));
  const at = (index: number) => times[index - 1] ?? 0;
  const [first, last] = [at(fifth), at(times.length) - at(times.length - fifth)];
  return (
    `- ${patients} patients streamed through patientDetails: ${megabytes(highest - before)} MB more memory at most, ` +
    `${(at(times.length) / 1000).toFixed(1)} s; the last fifth took ${(last / first).toFixed(2)} times the first`
  );
}
