import assert from 'node:assert/strict';
import sinon from 'sinon';
import { Limiter } from '../../../src/lib/api/limiter';

/** Tasks that end when they are told to. */
class Tasks {
  readonly started: number[] = [];
  readonly #ends = new Map<number, () => void>();

  task(name: number): () => Promise<void> {
    return () => {
      this.started.push(name);
      return new Promise((resolve) => this.#ends.set(name, resolve));
    };
  }

  async end(name: number): Promise<void> {
    this.#ends.get(name)!();
    await turn();
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Limiter', () => {
  it('runs as many as allowed at once, first in first out', async () => {
    const [limiter, tasks] = [new Limiter(2), new Tasks()];
    const runs = [1, 2, 3, 4].map((name) => limiter.schedule(tasks.task(name)));
    await turn();
    assert.deepEqual(tasks.started, [1, 2]);
    assert.equal(limiter.waiting, 2);
    await tasks.end(2);
    assert.deepEqual(tasks.started, [1, 2, 3]);
    await tasks.end(1);
    assert.deepEqual(tasks.started, [1, 2, 3, 4]);
    await tasks.end(3);
    await tasks.end(4);
    await Promise.all(runs);
  });

  it('gives its place on when a task fails', async () => {
    const limiter = new Limiter(1);
    await assert.rejects(limiter.schedule(() => Promise.reject(new Error('x'))));
    assert.equal(await limiter.schedule(() => Promise.resolve(1)), 1);
  });

  it('starts no more than the rate allows', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const limiter = new Limiter(100, 10);
      let started = 0;
      for (let index = 0; index < 30; index++) {
        limiter.schedule(() => Promise.resolve(started++)).catch(() => assert.fail());
      }
      await clock.tickAsync(0);
      assert.equal(started, 1);
      await clock.tickAsync(1000);
      assert.equal(started >= 10 && started <= 11, true, String(started));
      await clock.tickAsync(2000);
      assert.equal(started, 30);
    } finally {
      clock.restore();
    }
  });

  it('makes no burst of the time in which nobody called', async () => {
    const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    try {
      const limiter = new Limiter(100, 10);
      await limiter.schedule(() => Promise.resolve());
      await clock.tickAsync(5000);
      let started = 0;
      for (let index = 0; index < 30; index++) {
        limiter.schedule(() => Promise.resolve(started++)).catch(() => assert.fail());
      }
      await clock.tickAsync(0);
      assert.equal(started, 1);
      await clock.tickAsync(100);
      assert.equal(started, 2);
    } finally {
      clock.restore();
    }
  });

  it('fails what waits when it closes, and whatever comes later', async () => {
    const [limiter, tasks] = [new Limiter(1), new Tasks()];
    const reason = new Error('closed');
    const first = limiter.schedule(tasks.task(1));
    const others = [limiter.schedule(tasks.task(2)), limiter.schedule(tasks.task(3))];
    limiter.close(reason);
    for (const other of [...others, limiter.schedule(tasks.task(4))]) await assert.rejects(other, reason);
    await turn();
    await tasks.end(1);
    await first;
    assert.deepEqual(tasks.started, [1]);
  });

  it('takes the waiting calls of one owner out of the line', async () => {
    const [limiter, tasks] = [new Limiter(1), new Tasks()];
    const [mine, theirs] = [{}, {}];
    const first = limiter.schedule(tasks.task(1), mine);
    const second = assert.rejects(limiter.schedule(tasks.task(2), mine), { message: 'gone' });
    const third = limiter.schedule(tasks.task(3), theirs);
    limiter.cancel(mine, new Error('gone'));
    await second;
    await tasks.end(1);
    await tasks.end(3);
    await Promise.all([first, third]);
    assert.deepEqual(tasks.started, [1, 3]);
  });

  it('tells when the line has become short', async () => {
    const [limiter, tasks] = [new Limiter(1), new Tasks()];
    for (const name of [1, 2, 3, 4]) limiter.schedule(tasks.task(name)).catch(() => undefined);
    await limiter.onSizeLessThan(3);
    let short = false;
    const waiting = limiter.onSizeLessThan(1).then(() => (short = true));
    await turn();
    await tasks.end(1);
    assert.equal(short, false);
    await tasks.end(2);
    await waiting;
    const closing = limiter.onSizeLessThan(0);
    limiter.close(new Error('closed'));
    await closing;
  });

  it('moves a line of 200,000 on within the time of a test, which a line that is copied would not', async () => {
    const limiter = new Limiter(1);
    let done = 0;
    await Promise.all(Array.from({ length: 200_000 }, () => limiter.schedule(() => Promise.resolve(done++))));
    assert.equal(done, 200_000);
  });
});
