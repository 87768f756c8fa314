import assert from 'node:assert/strict';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import type { DurabilityWarning } from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { LocalInbox } from '../../../src/lib/inbox/local/local-inbox';
import { MemoryStore } from '../../../src/lib/inbox/local/memory-store';
import { InboxRecorder } from '../../support/inbox-recorder';

const second = 1000;
const hour = 3600 * second;
const year = 365 * 24 * hour;

describe('an inbox whose clock is wrong', () => {
  const keyring = new Keyring(Keyring.generate());
  let clock: SinonFakeTimers;
  let store: MemoryStore;
  let inbox: LocalInbox;
  let seen: InboxRecorder & { risks: DurabilityWarning[] };
  let process = 0;

  /** Starts a process: its monotonic clock is no other's. */
  async function start(): Promise<void> {
    inbox = new LocalInbox(
      store,
      keyring,
      { visibilityTimeout: 60 * second, maxAttempts: 5 },
      String(++process),
    );
    const risks: DurabilityWarning[] = [];
    seen = Object.assign(new InboxRecorder(), { risks, risk: (risk: DurabilityWarning) => risks.push(risk) });
    await inbox.open(seen);
  }

  /** Ends the process, which takes some time to come back. */
  async function restart(pause: number, jump = 0): Promise<void> {
    await inbox.close();
    await clock.tickAsync(pause);
    set(jump);
    await start();
  }

  const set = (jump: number) => clock.setSystemTime(Date.now() + jump);
  const put = (name: string) =>
    inbox.put({ topic: 'order.created', receivedAt: 0, content: Buffer.from(name) });

  /** The attempts of what was delivered since this was asked last; all but first ones are marked. */
  async function attempts(): Promise<number[]> {
    const again = await seen.next((await seen.rest(inbox)).length);
    assert.deepEqual(
      again.filter(({ attempt, redelivered }) => attempt > 1 !== redelivered),
      [],
    );
    return again.map(({ attempt }) => attempt);
  }

  beforeEach(async () => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1.7e12 });
    store = new MemoryStore();
    await start();
  });
  afterEach(async () => {
    await inbox.close();
    clock.restore();
  });

  for (const jump of [-hour, hour, -year, year]) {
    it(`redelivers after the visibility timeout and the delay of a retry (${jump / hour} h)`, async () => {
      await put('a');
      const { id } = await seen.one();
      set(jump);
      await clock.tickAsync(59 * second);
      assert.deepEqual(await seen.rest(inbox), [], 'not before its time');
      await clock.tickAsync(second);
      assert.deepEqual(await attempts(), [2]);
      await inbox.retry(id, 2, 10 * second);
      set(-jump);
      await clock.tickAsync(9 * second);
      assert.deepEqual(await seen.rest(inbox), []);
      await clock.tickAsync(second);
      assert.deepEqual(await attempts(), [3]);
    });
  }

  it('redelivers once what became due while the process was down', async () => {
    for (const name of ['a', 'b', 'c']) {
      await put(name);
      await inbox.retry((await seen.one()).id, 1, 60 * second);
    }
    await restart(2 * hour);
    assert.deepEqual(await attempts(), [2, 2, 2]);
    await clock.tickAsync(second);
    assert.deepEqual(await seen.rest(inbox), []);
  });

  it('redelivers at the start, with one warning, what was delayed by a clock a year ahead', async () => {
    set(year);
    for (const name of ['a', 'b']) {
      await put(name);
      await inbox.retry((await seen.one()).id, 1, 60 * second);
    }
    await restart(0, -year);
    assert.equal((await seen.rest(inbox)).length, 2);
    assert.deepEqual(seen.risks, ['clock_set_back']);
  });

  it('waits at most as long as was asked where the clock was set ahead while the process was down', async () => {
    await put('a');
    await inbox.retry((await seen.one()).id, 1, hour);
    await restart(second, year);
    assert.equal((await seen.rest(inbox)).length, 1);
    assert.deepEqual(seen.risks, []);
  });

  it('never gives an id twice, also after all events are gone and the clock was set back', async () => {
    const ids = new Set<string>();
    for (const jump of [-year, year, 0, 0]) {
      for (let count = 0; count < 3; count++) {
        await put('a');
        const { id } = await seen.one();
        assert.ok(!ids.has(id), id);
        ids.add(id);
        await inbox.done(id);
      }
      await restart(0, jump);
    }
    assert.equal(ids.size, 12);
  });

  it('gives ids in the order of arrival wherever the clock is, also before 1970 and in the year 9999', async () => {
    const ids: string[] = [];
    for (const time of [-1e12, 0, 1.7e12, 9.9e12, 1.67e13, 2.5e14, 8.6e15, 1.7e12]) {
      clock.setSystemTime(time);
      await restart(0);
      for (let count = 0; count < 3; count++) {
        await put('a');
        const { id } = await seen.one();
        ids.push(id);
        await inbox.done(id);
      }
    }
    for (const id of ids) assert.match(id, /^\d{16}$/);
    assert.deepEqual([...new Set(ids)].sort(), ids);
  });

  it('knows a duplicate for as long as its window, wherever the clock is set', async () => {
    const event = { topic: 'order.created', receivedAt: 0, content: Buffer.from('a') };
    const unique = { key: 'a', window: 60 * second };
    assert.equal(await inbox.put(event, unique), 'stored');
    for (const jump of [hour, -2 * hour, year]) {
      set(jump);
      assert.equal(await inbox.put(event, unique), 'duplicate');
    }
    await clock.tickAsync(60 * second);
    assert.equal(await inbox.put(event, unique), 'stored');
  });
});
