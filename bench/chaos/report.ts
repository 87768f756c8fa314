import type { Tally } from '../../test/support/chaos/judge';
import { whole } from '../support';

const rows: readonly [label: string, value: (tally: Tally) => number][] = [
  ['orders', ({ orders }) => orders],
  ['kills', ({ kills }) => kills],
  ['deployments', ({ deploys }) => deploys],
  ['faults met', ({ faultsMet }) => faultsMet],
  ['of these, false successes', ({ falseSuccesses }) => falseSuccesses],
  ['reported as placed', ({ placed }) => placed],
  ['**placed, and not there**', ({ missing }) => missing.length],
  ['**there twice, or not asked for**', ({ extra }) => extra.length],
  ['order of which the flow said "of no use to try again"', ({ stopped }) => stopped.length],
  ['events', ({ events }) => events],
  ['emissions', ({ emissions }) => emissions],
  ['of these, marked as redelivered', ({ redelivered }) => redelivered],
  ['done', ({ done }) => done],
  ['**done without the report**', ({ falseResults }) => falseResults.length],
  ['**acknowledged and lost**', ({ lost }) => lost.length],
  ['**dead letters**', ({ deadLetters }) => deadLetters],
  ['**redelivered without the mark**', ({ unmarked }) => unmarked.length],
  ['**emitted while open**', ({ doubles }) => doubles.length],
  ['rejected deliveries', ({ rejected }) => rejected],
  ['**forged events emitted**', ({ forged }) => forged.length],
  ['**open at the end**', ({ open }) => open],
];

/** A column for each seed, and one for all. */
export function table(tallies: ReadonlyMap<number, Tally>): string {
  const seeds = [...tallies.keys()];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const body = rows.map(([label, value]) => {
    const values = [...tallies.values()].map(value);
    const sum = values.reduce((total, one) => total + one, 0);
    return line([label, ...[...values, sum].map(whole)]);
  });
  const kinds = [...tallies.values()].map(({ apiKinds, webhookKinds }) => `${apiKinds} and ${webhookKinds}`);
  return [
    line(['', ...seeds.map((seed) => `seed ${seed}`), 'all']),
    line(['---', ...seeds.map(() => '---:'), '---:']),
    ...body,
    line(['kinds of faults: API and webhooks', ...kinds, '']),
  ].join('\n');
}
