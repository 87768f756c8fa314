import { median, megabytes, whole } from '../support';

export const candidates = [
  'bare node:http',
  'express 4',
  'built by hand',
  'our node, early answer',
  'our node, ordinary route',
] as const;
export type Candidate = (typeof candidates)[number];

export interface Figures {
  candidate: Candidate;
  connections: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** Processor time of the server for one delivery. */
  cpuMicroseconds: number;
  /** Bytes of resident memory after the measurement. */
  rss: number;
}

export interface Memory {
  what: string;
  /** Bytes of resident memory. */
  before: number;
  highest: number;
  after: number;
  statuses: Record<string, number>;
}

export interface Report {
  machine: string;
  node: string;
  figures: Figures[];
  ratios: Ratios[];
  memory: Memory[];
}

export interface Ratios {
  connections: number;
  earlyOfBare: number;
  earlyOfHandBuilt: number;
  ordinaryOfExpress: number;
  p99OfBare: number;
}

/** Medians over the rounds of each figure, and of the ratios within each round. */
export function summary(rounds: readonly Figures[][]): { figures: Figures[]; ratios: Ratios[] } {
  const levels = [...new Set(rounds.flat().map(({ connections }) => connections))];
  const of = (round: readonly Figures[], candidate: Candidate, connections: number) =>
    round.find((one) => one.candidate === candidate && one.connections === connections)!;
  const figures = levels.flatMap((connections) =>
    candidates.map((candidate) => {
      const own = rounds.map((round) => of(round, candidate, connections));
      const middle = (pick: (one: Figures) => number) => median(own.map(pick));
      return {
        candidate,
        connections,
        perSecond: middle(({ perSecond }) => perSecond),
        p50: middle(({ p50 }) => p50),
        p99: middle(({ p99 }) => p99),
        cpuMicroseconds: middle(({ cpuMicroseconds }) => cpuMicroseconds),
        rss: middle(({ rss }) => rss),
      };
    }),
  );
  const ratios = levels.map((connections) => {
    const ratio = (one: Candidate, other: Candidate, pick: (figures: Figures) => number) =>
      median(rounds.map((round) => pick(of(round, one, connections)) / pick(of(round, other, connections))));
    const rate = ({ perSecond }: Figures) => perSecond;
    return {
      connections,
      earlyOfBare: ratio('our node, early answer', 'bare node:http', rate),
      earlyOfHandBuilt: ratio('our node, early answer', 'built by hand', rate),
      ordinaryOfExpress: ratio('our node, ordinary route', 'express 4', rate),
      p99OfBare: ratio('our node, early answer', 'bare node:http', ({ p99 }) => p99),
    };
  });
  return { figures, ratios };
}

/** The report as Markdown. */
export function table({ machine, node, figures, ratios, memory }: Report): string {
  const percent = (value: number) => `${(value * 100).toFixed(0)} %`;
  return [
    `Node ${node}, ${machine}`,
    '',
    '| connections | server | requests/s | p50 ms | p99 ms | CPU µs a request | RSS MB |',
    '|---|---|---|---|---|---|---|',
    ...figures.map(
      ({ connections, candidate, perSecond, p50, p99, cpuMicroseconds, rss }) =>
        `| ${connections} | ${candidate} | ${whole(perSecond)} | ${p50.toFixed(2)} | ${p99.toFixed(2)} | ${whole(cpuMicroseconds)} | ${megabytes(rss)} |`,
    ),
    '',
    ...ratios.map(
      ({ connections, earlyOfBare, earlyOfHandBuilt, ordinaryOfExpress, p99OfBare }) =>
        `- at ${connections} connections: early answer ${percent(earlyOfBare)} of bare node:http and ` +
        `${earlyOfHandBuilt.toFixed(1)} times the flow built by hand, its p99 ${p99OfBare.toFixed(1)} times bare's; ` +
        `ordinary route ${percent(ordinaryOfExpress)} of express 4`,
    ),
    ...memory.map(
      ({ what, before, highest, after, statuses }) =>
        `- ${what}: RSS ${megabytes(before)} MB before, ${megabytes(highest)} MB at most, ${megabytes(after)} MB after; ` +
        `answers ${JSON.stringify(statuses)}`,
    ),
  ].join('\n');
}
