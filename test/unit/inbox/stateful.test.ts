import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { useFakeTimers } from 'sinon';
import { LevelStore } from '../../../src/lib/inbox/local/level-store';
import { MemoryStore } from '../../../src/lib/inbox/local/memory-store';
import type { Store } from '../../../src/lib/inbox/local/store';
import { commands, firstSettings, steps } from '../../support/inbox/commands';
import { LocalSystem } from '../../support/inbox/local-system';

/** How many random steps are taken on each storage: `INBOX_STEPS=1000000 npx mocha …` takes more than CI does. */
const wanted = Number(process.env.INBOX_STEPS ?? 10_000);
/** The same steps each time, unless another seed is asked for. A failure names its own, and its path: `INBOX_PATH`. */
const firstSeed = Number(process.env.INBOX_SEED ?? 20_261_128);
const path = process.env.INBOX_PATH;
const perRun = 100;

/** Holds an inbox on a store that fails, in a process that is killed, by clocks that jump, against a model of its promises. */
async function randomSteps(store: () => Store): Promise<void> {
  const property = fc.asyncProperty(
    firstSettings,
    fc.nat(2),
    fc.commands(commands, { maxCommands: perRun, size: 'max' }),
    async (settings, slowness, sequence) => {
      const clock = useFakeTimers({
        toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'],
        now: 1.7e12,
      });
      const system = new LocalSystem(clock, store(), slowness);
      try {
        await system.start(settings);
        await fc.asyncModelRun(() => ({ model: {}, real: system }), sequence);
        await system.finish();
      } finally {
        await system.destroy();
        clock.restore();
      }
    },
  );
  steps.count = 0;
  for (let seed = firstSeed; steps.count < wanted; seed++) {
    await fc.assert(property, { numRuns: 20, seed, ...(path === undefined ? {} : { path }) });
  }
}

describe('an inbox under random steps', function () {
  this.timeout(0);

  it('keeps all its promises in memory', () => randomSteps(() => new MemoryStore()));

  it('keeps all its promises on the disk', async () => {
    // What counts here is what is written, not how long the disk takes.
    const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'onegevity-inbox-'));
    let count = 0;
    try {
      await randomSteps(() => new LevelStore(join(folder, String(count++))));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
