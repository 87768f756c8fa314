import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { OnegevityError } from '../../../src/lib/errors';
import { GroupCommit } from '../../../src/lib/inbox/local/group-commit';
import { MemoryStore } from '../../../src/lib/inbox/local/memory-store';
import type { Operation } from '../../../src/lib/inbox/local/store';

describe('writes to the store of an inbox', () => {
  /** A store whose writes wait until they are let go. */
  class SlowStore extends MemoryStore {
    readonly writes: { keys: string[]; sync: boolean; end: () => void }[] = [];

    override async write(operations: readonly Operation[], sync = false): Promise<void> {
      await new Promise<void>((end) =>
        this.writes.push({ keys: operations.map(({ key }) => key), sync, end }),
      );
      return super.write(operations);
    }
  }

  it('takes all that came during a write into the next one, synced, and accepts none before', async () => {
    const store = new SlowStore();
    const commit = new GroupCommit(store, { opened: () => Promise.resolve(), state: () => undefined });
    await commit.open();
    const accepted: string[] = [];
    const put = (key: string) =>
      commit.write([{ type: 'put', key, value: Buffer.alloc(0) }], () => accepted.push(key));
    const keys = Array.from({ length: 100 }, (_, at) => `e!${at}`);

    const first = put('first');
    await turn();
    const others = keys.map(put);
    commit.owe([{ type: 'del', key: 'old' }]);
    await turn();
    assert.deepEqual(
      store.writes.map(({ keys, sync }) => [keys, sync]),
      [[['first'], true]],
    );
    assert.deepEqual(accepted, []);

    store.writes[0]!.end();
    await first;
    await turn();
    assert.deepEqual(
      store.writes.slice(1).map(({ keys, sync }) => [keys, sync]),
      [[[...keys, 'old'], true]],
    );
    assert.deepEqual(accepted, ['first']);

    store.writes[1]!.end();
    await Promise.all(others);
    assert.deepEqual(accepted, ['first', ...keys]);
    await commit.close();
    assert.equal(store.writes.length, 2);
  });
});

describe('a store that fails', () => {
  let clock: SinonFakeTimers;
  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => clock.restore());

  it('is tried by a write before it counts as open again, and is waited for longer each time', async () => {
    const store = new MemoryStore();
    const states: (string | undefined)[] = [];
    const commit = new GroupCommit(store, {
      opened: () => Promise.resolve(),
      state: (problem) => states.push(problem?.code),
    });
    await commit.open();
    const works = store.write.bind(store);
    let tries = 0;
    store.write = () => {
      tries++;
      return Promise.reject(new OnegevityError('inbox_disk_full'));
    };
    const put = () => commit.write([{ type: 'put', key: 'e!1', value: Buffer.alloc(0) }], () => undefined);
    await assert.rejects(put(), { code: 'inbox_unavailable' });
    assert.deepEqual(states, [undefined, 'inbox_disk_full']);
    for (const [at, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
      await clock.tickAsync(seconds * 1000 - 1);
      assert.equal(tries, at + 1);
      await clock.tickAsync(1);
      assert.equal(tries, at + 2);
      assert.deepEqual([states.at(-1), commit.usable], ['inbox_disk_full', false], 'never open in between');
    }
    store.write = works;
    await clock.tickAsync(30_000);
    assert.deepEqual([states.at(-1), commit.usable], [undefined, true]);
    await put();
    assert.deepEqual(
      (await store.entries({}, 9)).map(([key]) => key),
      ['e!1'],
    );
    await commit.close();
    assert.equal(clock.countTimers(), 0);
  });
});
