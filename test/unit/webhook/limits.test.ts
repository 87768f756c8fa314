import assert from 'node:assert/strict';
import { DedupWindow, dedupKey } from '../../../src/lib/webhook/dedup';
import type { WebhookEvent } from '../../../src/lib/webhook/event';
import { RateLimit } from '../../../src/lib/webhook/rate-limit';

describe('the window of duplicates', () => {
  let now = 0;
  const clock = (): number => now;
  beforeEach(() => (now = 0));

  it('knows what came within its time', () => {
    const seen = new DedupWindow(1000, 10, clock);
    seen.add('a');
    assert.equal(seen.has('a'), true);
    assert.equal(seen.has('b'), false);
    now = 999;
    assert.equal(seen.has('a'), true);
    now = 1000;
    assert.equal(seen.has('a'), false);
  });

  it('counts the time from the last one', () => {
    const seen = new DedupWindow(1000, 10, clock);
    seen.add('a');
    now = 900;
    seen.add('a');
    now = 1500;
    assert.equal(seen.has('a'), true);
  });

  it('lets the oldest leave at its bound', () => {
    const seen = new DedupWindow(1000, 3, clock);
    for (const key of ['a', 'b', 'c', 'a', 'd']) seen.add(key);
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => seen.has(key)),
      [true, false, true, true],
    );
    for (let index = 0; index < 1000; index++) seen.add(String(index));
    assert.equal(seen.size, 3);
  });

  it('forgets what is out of its time without being asked for it', () => {
    const seen = new DedupWindow(1000, 1000, clock);
    for (let index = 0; index < 100; index++) seen.add(String(index));
    now = 2000;
    seen.add('new');
    assert.equal(seen.size, 1);
    seen.clear();
    assert.equal(seen.has('new'), false);
  });

  it('forgets at its end what it takes for new', () => {
    const seen = new DedupWindow(1000, 10, clock);
    seen.add('a');
    now = 1000;
    seen.add('b');
    assert.equal(seen.size, 1);
  });
});

describe('what an event is known by', () => {
  const event = (hash: string, about: Partial<WebhookEvent> = {}): WebhookEvent => ({
    payload: {},
    verified: true,
    delivery: { hash, receivedAt: '2026-11-25T10:00:00.000Z' },
    headers: {},
    ...about,
  });
  const certain = { topic: 'order.created', topicSource: 'url' } as const;

  it('is its bytes, its certain topic and whether it was signed', () => {
    const keys = [
      event('a', certain),
      event('b', certain),
      event('a', { topic: 'order.updated', topicSource: 'url' }),
      event('a', { ...certain, verified: false }),
      event('a'),
    ].map((one) => dedupKey(one).key);
    assert.equal(new Set(keys).size, keys.length);
  });

  it('is not a topic that was learnt from its shape', () => {
    const shaped = dedupKey(event('a', { topic: 'kit.activated', topicSource: 'shape' }));
    assert.deepEqual(shaped, dedupKey(event('a')));
    assert.equal(shaped.certain, false);
    assert.equal(dedupKey(event('a', certain)).certain, true);
  });
});

describe('the rate limit', () => {
  it('lets a burst pass, then a steady rate, and tells how many it held back', () => {
    let now = 0;
    const limit = new RateLimit(2, 1, () => now);
    assert.deepEqual(
      [limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()],
      [0, 0, undefined, undefined],
    );
    now = 1000;
    assert.deepEqual([limit.tryAcquire(), limit.tryAcquire()], [2, undefined]);
    now = 60_000;
    assert.deepEqual([limit.tryAcquire(), limit.tryAcquire(), limit.tryAcquire()], [1, 0, undefined]);
  });

  it('holds back by a clock of its own, too', () => {
    const limit = new RateLimit(1, 0.001);
    assert.deepEqual([limit.tryAcquire(), limit.tryAcquire()], [0, undefined]);
  });

  it('counts its rate by the second', () => {
    let now = 0;
    const limit = new RateLimit(10, 4, () => now);
    const passes = () =>
      Array.from({ length: 20 }, () => limit.tryAcquire()).filter((held) => held !== undefined).length;
    assert.equal(passes(), 10);
    now = 500;
    assert.equal(passes(), 2);
  });
});
