import assert from 'node:assert/strict';
import { stub, useFakeTimers } from 'sinon';
import { memoryInbox } from '../../../src/lib/inbox';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { InboxRecorder } from '../../support/inbox-recorder';

describe('the timers of an inbox', () => {
  it('emit a retry again also where they come a millisecond before the clock', async () => {
    const clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
    const inbox = memoryInbox(new Keyring(Keyring.generate()), { visibilityTimeout: 60_000, maxAttempts: 3 });
    const seen = new InboxRecorder();
    try {
      await inbox.open(seen);
      await inbox.put({ topic: 'order.created', receivedAt: 0, content: Buffer.from('{}') });
      const { id } = await seen.one();
      await inbox.retry(id, 1, 5000);
      await inbox.stats();
      const real = performance.now.bind(performance);
      const late = stub(performance, 'now').callsFake(() => real() - 1);
      await clock.tickAsync(5000);
      assert.deepEqual(await seen.rest(inbox), []);
      late.restore();
      await clock.tickAsync(2);
      assert.equal((await seen.rest(inbox)).length, 1);
    } finally {
      await inbox.close();
      clock.restore();
    }
  });
});
