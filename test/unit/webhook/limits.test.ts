import assert from 'node:assert/strict';
import { Duplicates } from '../../../src/lib/webhook/duplicates';
import { RateLimit } from '../../../src/lib/webhook/rate-limit';

describe('the window of duplicates', () => {
  let now = 0;
  const clock = (): number => now;
  beforeEach(() => (now = 0));

  it('knows what came within its time', () => {
    const seen = new Duplicates(1000, 10, clock);
    seen.add('a');
    assert.equal(seen.has('a'), true);
    assert.equal(seen.has('b'), false);
    now = 999;
    assert.equal(seen.has('a'), true);
    now = 1000;
    assert.equal(seen.has('a'), false);
  });

  it('counts the time from the last one', () => {
    const seen = new Duplicates(1000, 10, clock);
    seen.add('a');
    now = 900;
    seen.add('a');
    now = 1500;
    assert.equal(seen.has('a'), true);
  });

  it('lets the oldest leave at its bound', () => {
    const seen = new Duplicates(1000, 3, clock);
    for (const key of ['a', 'b', 'c', 'a', 'd']) seen.add(key);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => seen.has(key)),
      [true, false, true, true],
    );
    for (let index = 0; index < 1000; index++) seen.add(String(index));
    assert.equal(seen.size, 3);
  });

  it('forgets what is out of its time without being asked for it', () => {
    const seen = new Duplicates(1000, 1000, clock);
    for (let index = 0; index < 100; index++) seen.add(String(index));
    now = 2000;
    seen.add('new');
    assert.equal(seen.size, 1);
  });
});

describe('the rate limit', () => {
  it('lets a burst pass, then a steady rate, and tells how many it held back', () => {
    let now = 0;
    const limit = new RateLimit(2, 1, () => now);
    assert.deepEqual([limit.pass(), limit.pass(), limit.pass(), limit.pass()], [0, 0, undefined, undefined]);
    now = 1000;
    assert.deepEqual([limit.pass(), limit.pass()], [2, undefined]);
    now = 60_000;
    assert.deepEqual([limit.pass(), limit.pass(), limit.pass()], [1, 0, undefined]);
  });
});
