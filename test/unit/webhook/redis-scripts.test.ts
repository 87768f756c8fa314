import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Keys } from '../../../src/lib/webhook/inbox/redis/keys';
import * as replies from '../../../src/lib/webhook/inbox/redis/replies';
import type { Script } from '../../../src/lib/webhook/inbox/redis/script';
import * as scripts from '../../../src/lib/webhook/inbox/redis/scripts';
import { useRedis } from '../../support/redis-server';
import { timed } from '../../support/redis-time';

/** What an inbox seldom or never asks for by itself, since it has looked before: in between, others may have been. */
describe('the scripts of the inbox in Redis', () => {
  const server = useRedis();

  const [visibility, attempts, plenty, aDay] = [60_000, 3, 1000, 24 * 3600 * 1000];
  let keys: Keys;
  let now: number;
  const run = async (script: Script, ...args: (string | number)[]): Promise<unknown> => {
    const parts = [keys.all.length + 1, ...keys.all, now, ...args].map(String);
    return (await server().commands(['EVAL', timed(script.source), ...parts]))[0];
  };
  const ask = async (command: string, name: string, ...args: string[]): Promise<unknown> => {
    const key = keys.all.find((each) => each.endsWith(`:${name}`))!;
    return (await server().commands([...command.split(' '), key, ...args]))[0];
  };
  /** @returns the event's id */
  const add = async (...hashes: string[]): Promise<string> => {
    const bounds = [plenty, plenty, 1000, plenty];
    assert.equal(String(await run(scripts.add, 'record', ...bounds, ...hashes)), 'stored');
    return replies.text(((await ask('HMGET', 'state', 'last')) as unknown[])[0]);
  };
  const take = async (me: string, room = plenty) => {
    const { taken } = replies.taken(await run(scripts.take, me, room, visibility, attempts));
    return taken.map(({ id, attempt, kind }) => [id, attempt, kind]);
  };
  const held = async (me: string) => replies.texts(await run(scripts.heldBy, me, plenty, ''));
  const owners = async (): Promise<string[]> => {
    const rows = replies.rows(await ask('XINFO CONSUMERS', 'events', 'flows'));
    return rows.map(([, name]) => replies.text(name)).sort();
  };
  const tokens = () => ask('LLEN', 'wake');

  beforeEach(async () => {
    keys = new Keys(randomUUID());
    now = 1_000_000;
    await run(scripts.open, aDay);
  });

  describe('that open an inbox', () => {
    it('remove instances that have ended, and none that still holds something', async () => {
      await add();
      await take('holding');
      const ended = await add();
      await take('gone');
      await run(scripts.done, ended);
      await run(scripts.open, aDay);
      assert.deepEqual(await owners(), ['gone', 'holding']);
      await run(scripts.open, -1);
      assert.deepEqual(await owners(), ['holding']);
      assert.equal((await held('holding')).length, 1);
    });

    it('make the group again where somebody has removed it, and then emit all anew', async () => {
      const id = await add();
      await take('me');
      await ask('XGROUP DESTROY', 'events', 'flows');
      await run(scripts.open, aDay);
      assert.deepEqual(await take('me'), [[id, 1, 'first']]);
    });
  });

  describe('that store an event', () => {
    it('keep the hash of a duplicate no longer than its window', async () => {
      await add('hash');
      const left = Number(await ask('PTTL', 'recent'));
      assert.ok(left > 0 && left <= 1000, String(left));
      now += 2000;
      await add('another');
      assert.equal(await ask('ZSCORE', 'recent', 'hash'), null);
    });

    it('keep the current hash of a duplicate only', async () => {
      await add('by the previous key');
      now += 5000;
      await add('by the current key', 'by the previous key');
      assert.deepEqual(replies.texts(await ask('ZRANGE', 'recent', '0', '-1')), ['by the current key']);
    });

    it('keep as many hashes as they may', async () => {
      const bounds = [plenty, plenty, 1000, 2];
      for (const hash of ['a', 'b', 'c']) {
        now++;
        await run(scripts.add, 'record', ...bounds, hash);
      }
      assert.deepEqual(replies.texts(await ask('ZRANGE', 'recent', '0', '-1')), ['b', 'c']);
    });
  });

  describe('that take events', () => {
    it('take no new one where those that are due again fill the room', async () => {
      const id = await add();
      await take('me', 1);
      await add();
      now += visibility;
      assert.deepEqual(await take('me', 1), [[id, 2, 'again']]);
      assert.equal((await take('me', 1)).length, 1);
    });

    it('leave a token to others where there may be more, and only there', async () => {
      await add();
      await ask('DEL', 'wake');
      assert.equal((await take('me', 2)).length, 1);
      assert.equal(await tokens(), 0);
      await add();
      await ask('DEL', 'wake');
      assert.equal((await take('me', 1)).length, 1);
      assert.equal(await tokens(), 1);
    });

    it('forget what somebody has removed by hand', async () => {
      const id = await add();
      await take('me');
      await ask('XDEL', 'events', `${id}-0`);
      now += visibility;
      assert.deepEqual(await take('me', 1), []);
      assert.deepEqual([await held('me'), await ask('ZCARD', 'due')], [[], 0]);
    });
  });

  describe('that end a delivery', () => {
    it('leave nothing that would be due', async () => {
      const id = await add();
      await take('me');
      await run(scripts.done, id);
      assert.equal(await ask('ZCARD', 'due'), 0);
    });

    it('make no dead letter of what has been ended', async () => {
      const id = await add();
      await take('me');
      await run(scripts.done, id);
      assert.deepEqual(replies.texts(await run(scripts.bury, id, 1, 'death', '0')), ['ended']);
      assert.deepEqual(await run(scripts.letters, plenty, ''), []);
    });

    it('make one dead letter of what is given up twice', async () => {
      const id = await add();
      await take('me');
      const bury = async () => replies.texts(await run(scripts.bury, id, 1, 'death', '0'))[0];
      assert.deepEqual([await bury(), await bury()], ['ok', 'ended']);
      assert.equal(((await run(scripts.letters, plenty, '')) as unknown[]).length, 1);
      assert.equal(await ask('ZCARD', 'due'), 0);
    });
  });

  it('have a dead letter emitted again: whoever is idle gets a token, and it counts as the oldest', async () => {
    const id = await add();
    await take('me');
    await run(scripts.bury, id, 1, 'death', '0');
    now += 1000;
    const later = await add();
    await take('me');
    const oldest = async () => replies.text(replies.list(await run(scripts.stats))[6]);
    await ask('DEL', 'wake');
    assert.equal(await run(scripts.replay, id), 1);
    assert.equal(await tokens(), 1);
    assert.equal(await oldest(), id);
    assert.ok(id < later);
  });

  describe('that give back what an instance has', () => {
    it('give back nothing that another has taken over meanwhile', async () => {
      const [first, second] = [await add(), await add()];
      await take('slow');
      now += visibility;
      assert.deepEqual((await take('other', 1))[0], [first, 2, 'again']);
      await run(scripts.release, 'slow', first, second);
      assert.deepEqual([await held('slow'), await held('other')], [[], [first]]);
      assert.deepEqual(await take('other'), [[second, 1, 'again']]);
    });

    it('remove the instance when it leaves, unless it still holds something', async () => {
      const id = await add();
      await take('me');
      await run(scripts.leave, 'me');
      assert.deepEqual(await held('me'), [id]);
      await run(scripts.release, 'me', id);
      await run(scripts.leave, 'me');
      assert.deepEqual(await owners(), ['released']);
    });

    it('leave a token for others also where its own wait swallows one, and pile up none', async () => {
      await ask('DEL', 'wake');
      for (let time = 0; time < 3; time++) {
        await run(scripts.leave, 'me');
        assert.equal(await tokens(), 2);
      }
    });
  });

  it('know the oldest event, whether it was emitted or not, and but for dead letters', async () => {
    const oldest = async () => replies.list(await run(scripts.stats))[6];
    assert.equal(await oldest(), undefined);
    const first = await add();
    const second = await add();
    assert.equal(replies.text(await oldest()), first);
    await take('me', 1);
    assert.equal(replies.text(await oldest()), first);
    await run(scripts.bury, first, 1, 'death', '0');
    assert.equal(replies.text(await oldest()), second);
  });
});
