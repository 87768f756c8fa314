import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { useFakeTimers } from 'sinon';
import { LevelStore } from '../../../src/lib/webhook/inbox/level-store';
import { MemoryStore } from '../../../src/lib/webhook/inbox/memory-store';
import type { Store } from '../../../src/lib/webhook/inbox/store';
import { commands, few, firstSettings, steps } from '../../support/inbox/commands';
import { LocalSystem } from '../../support/inbox/local-system';

/** How many random steps are taken on each storage. */
const wanted = Number(process.env.INBOX_STEPS ?? 10_000);
const perRun = 100;

async function run(store: Store, slowness: number, go: (system: LocalSystem) => Promise<void>): Promise<void> {
  const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1.7e12 });
  const system = new LocalSystem(clock, store, slowness);
  try {
    await go(system);
  } finally {
    await system.destroy();
    clock.restore();
  }
}

async function randomSteps(store: () => Store): Promise<void> {
  const runs = Math.ceil(wanted / (perRun / 2));
  const property = fc.asyncProperty(
    firstSettings,
    fc.nat(2),
    fc.commands(process.env.FEW ? few : commands, { maxCommands: perRun, size: 'max' }),
    async (settings, slowness, sequence) => {
      await run(store(), slowness, async (system) => {
        await system.start(settings);
        await fc.asyncModelRun(() => ({ model: {}, real: system }), sequence);
        await system.finish();
      });
    },
  );
  const seed = process.env.SEED ? { seed: Number(process.env.SEED), path: process.env.SPATH ?? '' } : {};
  await fc.assert(property, { numRuns: runs, ...seed });
}

describe('an inbox under random steps', function () {
  this.timeout(0);
  beforeEach(() => void (steps.count = 0));

  it('keeps all its promises in memory', async () => {
    await randomSteps(() => new MemoryStore());
    console.log(steps.count);
  });

  it('keeps all its promises on the disk', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'onegevity-inbox-'));
    let count = 0;
    try {
      await randomSteps(() => new LevelStore(join(folder, String(count++))));
      console.log(steps.count);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
