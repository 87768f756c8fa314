/**
 * `npm run bench -- --only chaos`, or `npm run bench:chaos`: 1,800 orders and their results go through a real Node-RED
 * while the API, the webhooks and Node-RED itself fail. Exits with 1 if a promise was broken, and says which. It takes
 * about ten minutes; a short form runs with the tests (`test/runtime/chaos.test.ts`).
 *
 * Options: --seeds N (6), --first-seed N (1), --orders N (300, of each seed), --kills N (12), --deploys N (62),
 * --teaching before (the flows as the examples taught them before `retryable`: for comparison), --json,
 * --witness FOLDER (keeps what each run has seen).
 *
 * How it works is written in `test/support/chaos/run.ts`, what is counted in `test/support/chaos/judge.ts`.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { broken, type Tally } from '../../test/support/chaos/judge';
import { runChaos } from '../../test/support/chaos/run';
import { table } from './report';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '6' },
    'first-seed': { type: 'string', default: '1' },
    orders: { type: 'string', default: '300' },
    kills: { type: 'string', default: '12' },
    deploys: { type: 'string', default: '62' },
    teaching: { type: 'string', default: 'now' },
    json: { type: 'boolean', default: false },
    witness: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const { teaching } = options;
  if (teaching !== 'now' && teaching !== 'before') throw new Error('--teaching is now or before');
  const tallies = new Map<number, Tally>();
  const first = Number(options['first-seed']);
  for (let seed = first; seed < first + Number(options.seeds); seed++) {
    const began = performance.now();
    const tally = await runChaos({
      seed,
      orders: Number(options.orders),
      kills: Number(options.kills),
      deploys: Number(options.deploys),
      teaching,
      patience: 180_000,
      ...(options.witness !== undefined && { witnessFile: join(options.witness, `chaos-${seed}.json`) }),
    });
    tallies.set(seed, tally);
    const seconds = Math.round((performance.now() - began) / 1000);
    const problems = broken(tally);
    console.error(
      `seed ${seed}: ${seconds} s; ${problems.length === 0 ? 'every promise kept' : problems.join('; ')}`,
    );
    if (problems.length > 0) process.exitCode = 1;
  }
  console.log(options.json ? JSON.stringify([...tallies], undefined, 2) : table(tallies));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
