import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Pump } from '../../../src/lib/inbox/pump';

/** A pump whose runs end when the test says so. */
class Bench {
  runs = 0;
  failures = 0;
  usable = true;
  #end: ((failed: boolean) => void) | undefined;
  readonly pump = new Pump(
    () =>
      new Promise<void>((resolve, reject) => {
        assert.equal(this.#end, undefined, 'two runs at a time');
        this.runs++;
        this.#end = (failed) => {
          this.#end = undefined;
          if (failed) reject(new Error('a fault'));
          else resolve();
        };
      }),
    () => this.usable,
    () => this.failures++,
  );

  get isRunning(): boolean {
    return this.#end !== undefined;
  }

  async end(failed = false): Promise<void> {
    this.#end?.(failed);
    await turn();
  }
}

describe('a pump', () => {
  it('does not run before it is started, nor after it was stopped', async () => {
    const bench = new Bench();
    bench.pump.pump();
    assert.equal(bench.runs, 0);
    bench.pump.start();
    await bench.pump.stop();
    bench.pump.pump();
    assert.equal(bench.runs, 0);
  });

  it('runs once more for all that came during a run, and then rests', async () => {
    const bench = new Bench();
    bench.pump.start();
    for (let time = 0; time < 3; time++) bench.pump.pump();
    assert.equal(bench.runs, 1);
    await bench.end();
    assert.equal(bench.runs, 2);
    await bench.end();
    assert.equal(bench.runs, 2);
    assert.equal(bench.isRunning, false);
  });

  it('runs again after a run that failed, if that was asked for meanwhile', async () => {
    const bench = new Bench();
    bench.pump.start();
    bench.pump.pump();
    bench.pump.pump();
    await bench.end(true);
    assert.deepEqual([bench.failures, bench.runs], [1, 2]);
    await bench.end(true);
    assert.deepEqual([bench.failures, bench.runs], [2, 2]);
  });

  it('waits for the last run when it is stopped, and can be started again', async () => {
    const bench = new Bench();
    bench.pump.start();
    bench.pump.pump();
    bench.pump.pump();
    let stopped = false;
    const stopping = bench.pump.stop().then(() => (stopped = true));
    await turn();
    assert.deepEqual([stopped, bench.pump.isStopped], [false, true]);
    await bench.end();
    await stopping;
    assert.equal(bench.runs, 1);
    bench.pump.start();
    bench.pump.pump();
    assert.equal(bench.runs, 2);
  });

  it('never has two runs at a time, and never forgets that one was asked for, whatever happens in whatever order', async () => {
    const acts = fc.array(fc.constantFrom('start', 'pump', 'end', 'fail', 'stop', 'usable', 'unusable'), {
      maxLength: 40,
    });
    await fc.assert(
      fc.asyncProperty(acts, async (list) => {
        const bench = new Bench();
        for (const act of list) {
          if (act === 'start') bench.pump.start();
          else if (act === 'pump') {
            const runs = bench.runs;
            const rested = !bench.isRunning && !bench.pump.isStopped && bench.usable;
            bench.pump.pump();
            if (rested) assert.equal(bench.runs, runs + 1);
          } else if (act === 'stop') bench.pump.stop().catch(assert.ifError);
          else if (act === 'end' || act === 'fail') await bench.end(act === 'fail');
          else bench.usable = act === 'usable';
        }
      }),
    );
  });
});
