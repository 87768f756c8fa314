import fc from 'fast-check';
import type { LocalSystem, Settings } from './local-system';
import type { Known } from './model';

type Run = (system: LocalSystem) => Promise<void> | void;

/** How many steps have been taken. */
export const steps = { count: 0 };

class Step implements fc.AsyncCommand<object, LocalSystem> {
  constructor(
    private readonly name: string,
    private readonly possible: (system: LocalSystem) => boolean,
    private readonly go: Run,
  ) {}

  check(): boolean {
    return true;
  }

  async run(_: object, system: LocalSystem): Promise<void> {
    steps.count++;
    if (this.possible(system)) await this.go(system);
  }

  toString(): string {
    return this.name;
  }
}

const second = 1000;
const hour = 3600 * second;
const year = 365 * 24 * hour;
const always = () => true;
const turns = fc.nat(4);
const place = fc.nat(20);
const pick = (from: Known[], at: number) => from[at % from.length]!;

const settings: fc.Arbitrary<Settings> = fc.record({
  visibilityTimeout: fc.constantFrom(second, 60 * second),
  maxAttempts: fc.integer({ min: 1, max: 3 }),
  inFlight: fc.constantFrom(1, 2, 5),
});
const jump = fc.constantFrom(0, -5 * second, 5 * second, -hour, hour, -year, year);
const pause = fc.constantFrom(0, 1, 30 * second, 2 * hour);
const delay = fc.constantFrom(0, 1, 500, 60 * second, hour);

/** Does something, and lets some turns of the event loop pass, or waits until nothing is under way. */
function step<T extends unknown[]>(
  name: string,
  args: { [K in keyof T]: fc.Arbitrary<T[K]> },
  go: (system: LocalSystem, ...args: T) => Promise<void> | void,
  possible: (system: LocalSystem) => boolean = always,
): fc.Arbitrary<Step> {
  return fc.tuple(fc.option(turns, { nil: 'quiet' as const }), ...(args as fc.Arbitrary<unknown>[])).map(
    ([wait, ...values]) =>
      new Step(
        `${name}(${[...values, wait].map((value) => JSON.stringify(value)).join()})`,
        possible,
        async (system) => {
          const going = Promise.resolve(go(system, ...(values as T)));
          system.underWay(going);
          if (wait === 'quiet') await system.quiet();
          else await system.turns(wait);
        },
      ),
  );
}

/** Does something to its end. */
function act<T extends unknown[]>(
  name: string,
  args: { [K in keyof T]: fc.Arbitrary<T[K]> },
  go: (system: LocalSystem, ...args: T) => Promise<void>,
): fc.Arbitrary<Step> {
  return fc
    .tuple(...(args as fc.Arbitrary<unknown>[]))
    .map(
      (values) =>
        new Step(`${name}(${values.map((value) => JSON.stringify(value)).join()})`, always, (system) =>
          go(system, ...(values as T)),
        ),
    );
}

const open = (system: LocalSystem) => system.model.open().filter(({ status }) => status === 'open');
const dead = (system: LocalSystem) => system.model.having('dead').filter(({ id }) => id !== undefined);
const closed = (system: LocalSystem) => [
  ...system.model.having('done', 'dead', 'discarded'),
  ...system.model.having('delayed').filter(({ earliest }) => earliest > performance.now()),
];

export const commands: fc.Arbitrary<Step>[] = [
  step('put', [], (system) => system.put()),
  step('put', [], (system) => system.put()),
  step<[number]>('put several', [fc.integer({ min: 2, max: 5 })], async (system, count) => {
    await Promise.all(Array.from({ length: count }, () => system.put()));
  }),
  step<[number]>('put unique', [fc.nat(2)], (system, key) =>
    system.put(key, [second, 60 * second, hour][key]),
  ),
  step<[number]>(
    'done',
    [place],
    (system, at) => system.done(pick(open(system), at)),
    (system) => open(system).length > 0,
  ),
  step<[number]>(
    'done by an earlier attempt',
    [place],
    (system, at) => system.done(pick(open(system), at), 1),
    (system) => open(system).length > 0,
  ),
  step<[number, number]>(
    'retry',
    [place, delay],
    (system, at, time) => system.retry(pick(open(system), at), time),
    (system) => open(system).length > 0,
  ),
  step<[number]>(
    'give up',
    [place],
    (system, at) => system.deadLetter(pick(open(system), at)),
    (system) => open(system).length > 0,
  ),
  step<[number]>(
    'end what is not open',
    [place],
    (system, at) => system.refused(pick(closed(system), at)),
    (system) => closed(system).length > 0,
  ),
  step<[number, boolean]>(
    'replay',
    [place, fc.boolean()],
    async (system, at, twice) => {
      const known = pick(dead(system), at);
      await Promise.all([system.replay(known), ...(twice ? [system.replay(known)] : [])]);
    },
    (system) => dead(system).length > 0,
  ),
  step<[number, boolean]>(
    'discard',
    [place, fc.boolean()],
    async (system, at, redelivered) => {
      const known = pick(dead(system), at);
      await Promise.all([system.discard(known), ...(redelivered ? [system.replay(known)] : [])]);
    },
    (system) => dead(system).length > 0,
  ),
  act<[number]>('elapse', [fc.constantFrom(1, second, 31 * second, 61 * second, hour)], (system, time) =>
    system.elapse(time),
  ),
  act<[number]>('set the clock', [jump], async (system, time) => {
    await system.quiet();
    system.jump(time);
  }),
  step<[('before' | 'after')[]]>(
    'fail writes',
    [fc.array(fc.constantFrom('before' as const, 'after' as const), { minLength: 1, maxLength: 3 })],
    (system, faults) => system.failWrites(faults),
  ),
  step<[number]>('fail reads', [fc.integer({ min: 1, max: 3 })], (system, count) => system.failReads(count)),
  step<[boolean]>('outage', [fc.boolean()], (system, on) => system.outage(on)),
  act<[Settings]>('deploy', [settings], (system, next) => system.deploy(next)),
  act<[Settings, number, number]>('restart', [settings, pause, jump], (system, ...args) =>
    system.restart(...args),
  ),
  act<[Settings, number, number, number | 'quiet']>(
    'kill',
    [settings, pause, jump, fc.option(turns, { nil: 'quiet' as const })],
    (system, ...args) => system.kill(...args),
  ),
];

export const firstSettings = settings;
