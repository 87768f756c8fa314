import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { GroupCommit } from '../../../src/lib/webhook/inbox/group-commit';
import { MemoryStore } from '../../../src/lib/webhook/inbox/memory-store';
import type { Operation } from '../../../src/lib/webhook/inbox/store';

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
