import assert from 'node:assert/strict';
import sinon from 'sinon';
import { OnegevityError } from '../../../src/lib/errors';
import { backoff, retryAfterSeconds, retryDelay, serverTime } from '../../../src/lib/http/retry';

const now = Date.parse('2026-11-24T10:00:00Z');

describe('retry', () => {
  const zone = process.env.TZ;
  before(() => (process.env.TZ = 'America/New_York'));
  after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });

  for (const [header, seconds] of [
    ['5', 5],
    [' 5 ', 5],
    ['(24) Tue, 24 Nov 2026 10:00:30 GMT', undefined],
    ['0', 0],
    ['99999999999', 99999999999],
    ['Tue, 24 Nov 2026 10:00:30 GMT', 30],
    ['Tuesday, 24-Nov-26 10:00:30 GMT', 30],
    ['Tue Nov 24 10:00:30 2026', 30],
    ['Tue, 24 Nov 2026 10:00:30', 30],
    ['Tue, 24 Nov 2026 10:00:30 +0000', 30],
    ['Tue, 24 Nov 2026 12:00:30 +0200', 30],
    ['5, 10', undefined],
    ['5s', undefined],
    ['1e3', undefined],
    ['٣', undefined],
    ['2026-11-24T10:00:30Z', undefined],
    ['Mon, 23 Nov 2026 10:00:00 GMT', 0],
    ['Tue, soon', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['', undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads Retry-After ${header} as ${seconds}`, () =>
      assert.equal(retryAfterSeconds(header, now), seconds));
  }

  it('takes for the time of the response what is an HTTP date only', () => {
    const clock = sinon.useFakeTimers({ now, toFake: ['Date'] });
    try {
      for (const date of [undefined, '', '5', '-1', '1.5', '2001', '2001-01-01', 'today'])
        assert.equal(serverTime(date), now, date);
      assert.equal(serverTime('Tue, 24 Nov 2026 09:00:00 GMT'), now - 3_600_000);
      assert.equal(serverTime('Tue, 24 Nov 2026 09:00:00'), now - 3_600_000);
    } finally {
      clock.restore();
    }
  });

  const answer = (statusCode: number, retryAfter?: number) =>
    new OnegevityError('server_error', { statusCode, ...(retryAfter === undefined ? {} : { retryAfter }) });
  const read = { writes: false, attempt: 1, attempts: 4 };
  const write = { ...read, writes: true };

  it('repeats reads on passing faults only', () => {
    for (const error of [
      answer(503),
      answer(429),
      answer(500),
      answer(408),
      answer(425),
      answer(520),
      answer(529),
      answer(599),
      new OnegevityError('reset'),
      new OnegevityError('timeout'),
    ]) {
      assert.ok(retryDelay(error, read)! >= 50);
    }
    for (const error of [
      answer(404),
      answer(400),
      answer(501),
      answer(511),
      new OnegevityError('tls'),
      new OnegevityError('aborted'),
    ]) {
      assert.equal(retryDelay(error, read), undefined);
    }
  });

  it('repeats a write only after a clean refusal', () => {
    for (const error of [answer(429), answer(503, 1)]) assert.ok(retryDelay(error, write)! >= 50);
    for (const error of [
      answer(503),
      answer(500),
      // Retry-After of any other status does not say that nothing was done.
      answer(500, 1),
      answer(408, 1),
      answer(425, 1),
      answer(502, 1),
      answer(504, 1),
      new OnegevityError('reset'),
      new OnegevityError('timeout'),
    ]) {
      assert.equal(retryDelay(error, write), undefined);
    }
  });

  it('gives up where the server asks for more than a minute, and after the last attempt', () => {
    assert.equal(retryDelay(answer(503, 61), read), undefined);
    assert.ok(retryDelay(answer(503, 60), read)! >= 60_000);
    assert.equal(retryDelay(answer(503), { ...read, attempt: 4 }), undefined);
  });

  it('waits up to twice as long after each attempt, and 8 s at most', () => {
    const ceilings = [1, 2, 3, 4, 5, 6].map((attempt) => backoff(attempt, () => 1));
    assert.deepEqual(ceilings, [500, 1000, 2000, 4000, 8000, 8000]);
    assert.equal(
      backoff(3, () => 0.5),
      1000,
    );
  });

  it('never waits less than 50 ms', () => {
    assert.equal(
      backoff(1, () => 0),
      50,
    );
    assert.ok(backoff(100, () => 1) <= 8000);
  });
});
