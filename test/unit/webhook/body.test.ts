import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import sinon from 'sinon';
import { readBody } from '../../../src/lib/webhook/body';

describe('the reading of a body', () => {
  const request = (headers: Record<string, string> = {}) =>
    Object.assign(new PassThrough(), { headers }) as unknown as IncomingMessage & PassThrough;
  const read = (from: IncomingMessage, bodyTimeout = 60_000) => {
    const results: (Buffer | string)[] = [];
    readBody(from, { maxBodySize: 4, bodyTimeout }, (result) =>
      results.push(typeof result === 'string' ? result : result.bytes()),
    );
    return results;
  };

  it('calls back once, though a request closes after its end', async () => {
    const from = request();
    const results = read(from);
    from.write('ab');
    from.end('cd');
    await turn();
    from.emit('close');
    assert.deepEqual(results, [Buffer.from('abcd')]);
  });

  it('calls back with nothing for nothing, and for what is announced too long without reading it', async () => {
    const empty = request();
    const results = read(empty);
    empty.end();
    await turn();
    assert.deepEqual(results, [Buffer.alloc(0)]);
    assert.deepEqual(read(request({ 'content-length': '5' })), ['too_large']);
  });

  it('leaves no listener behind after a fault, and calls back no more', async () => {
    for (const [fault, cause] of [
      ['too_large', (from: PassThrough) => from.write('abcde')],
      ['gone', (from: PassThrough) => from.emit('close')],
    ] as const) {
      const from = request();
      const listeners = () => ['data', 'end', 'close'].map((name) => from.listenerCount(name));
      const before = listeners();
      const results = read(from);
      cause(from);
      await turn();
      assert.deepEqual(listeners(), before);
      from.end('more');
      await turn();
      from.emit('close');
      assert.deepEqual(results, [fault]);
    }
  });

  for (const [what, end, resumed] of [
    ['and goes on', (from: PassThrough) => from.write('b'), true],
    ['and goes on for the next request', (from: PassThrough) => from.end(), true],
    ['and no more after a fault', (from: PassThrough) => from.emit('close'), false],
  ] as const) {
    it(`lets others have a turn after 1,000 chunks, ${what}`, async () => {
      const clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const calls: string[] = [];
      const socket = { pause: () => calls.push('pause'), resume: () => calls.push('resume') };
      const from = Object.assign(request(), { socket }) as unknown as IncomingMessage & PassThrough;
      readBody(from, { maxBodySize: 5000, bodyTimeout: 60_000 }, () => undefined);
      for (let chunk = 0; chunk < 999; chunk++) from.emit('data', Buffer.from('a'));
      assert.deepEqual(calls, []);
      from.emit('data', Buffer.from('a'));
      assert.deepEqual(calls, ['pause']);
      end(from);
      await clock.tickAsync(20);
      clock.restore();
      assert.deepEqual(calls, resumed ? ['pause', 'resume'] : ['pause']);
    });
  }
});
