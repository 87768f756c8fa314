import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Keys } from '../../../src/lib/inbox/redis/keys';
import * as replies from '../../../src/lib/inbox/redis/replies';
import type { Script } from '../../../src/lib/inbox/redis/script';
import * as scripts from '../../../src/lib/inbox/redis/scripts';
import { useRedis } from '../../support/redis-server';
import { timed } from '../../support/redis-time';

/** What an inbox seldom or never asks for by itself, since it has looked before: in between, others may have been. */
describe('the scripts of the inbox in Redis', () => {
  const server = useRedis();

  const [visibilityTimeout, attempts, plenty, aDay] = [60_000, 3, 1000, 24 * 3600 * 1000];
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
    const { taken } = replies.taken(await run(scripts.take, me, room, visibilityTimeout, attempts));
    return taken.map(({ id, attempt, kind }) => [id, attempt, kind]);
  };
  const held = async (me: string) => replies.texts(await run(scripts.pendingFor, me, plenty, ''));
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

  describe('where the clock of the server is set anew', () => {
    const hour = 3600 * 1000;
    const year = 365 * 24 * hour;
    const retried = async (delay: number) => {
      const id = await add();
      await take('me');
      await run(scripts.retry, id, 1, delay);
      return id;
    };

    for (const [name, back] of [
      ['a little', 20_000],
      ['an hour', hour],
      ['a year', year],
      ['to 1970', 2 * year],
    ] as const)
      it(`let nothing wait longer than asked for, if that is ${name} back`, async () => {
        now = 2 * year;
        const id = await retried(60_000);
        now -= back;
        assert.deepEqual(await take('me'), []);
        now += 61_000;
        assert.deepEqual(await take('me'), [[id, 2, 'again']]);
        now += visibilityTimeout;
        assert.deepEqual(await take('me'), [[id, 3, 'again']]);
      });

    it('let nothing wait for a year that was put in while it was a year ahead', async () => {
      now += year;
      const id = await retried(60_000);
      now -= year;
      assert.deepEqual(await take('me'), []);
      now += 61_000;
      assert.deepEqual(await take('me'), [[id, 2, 'again']]);
    });

    it('say how long it takes until something is due, by the same clock', async () => {
      await retried(60_000);
      now -= hour;
      const { next } = replies.taken(await run(scripts.take, 'me', plenty, visibilityTimeout, attempts));
      assert.ok(next! > 59_000 && next! <= 61_000, String(next));
    });

    it('know a duplicate as long as its window, and no longer', async () => {
      now += year;
      await add('hash');
      now -= year;
      const again = () => run(scripts.add, 'record', plenty, plenty, 1000, plenty, 'hash');
      assert.equal(String(await again()), 'duplicate');
      now += 2100;
      assert.equal(String(await again()), 'stored');
    });

    it('report it once, and only where it is worth a word', async () => {
      const setBack = async () =>
        replies.taken(await run(scripts.take, 'me', plenty, visibilityTimeout, attempts)).setBack;
      now += year;
      assert.equal(await setBack(), false);
      now -= 30_000;
      assert.equal(await setBack(), false);
      now -= year;
      await add();
      assert.deepEqual([await setBack(), await setBack()], [true, false]);
      now -= hour;
      assert.deepEqual(replies.list(await run(scripts.open, aDay))[1], 1);
      assert.equal(await setBack(), false);
    });

    it('never give an id twice, also after everything was deleted', async () => {
      const ids: string[] = [];
      for (const step of [0, 0, -hour, year, -2 * year, 0, 300 * year, -300 * year]) {
        now = Math.max(0, now + step);
        const id = await add();
        ids.push(id);
        await take('me');
        await run(scripts.done, id);
        assert.match(id, /^\d{16}$/);
      }
      assert.deepEqual(ids, [...new Set(ids)].sort());
    });
  });

  describe('that announce dead letters', () => {
    const untold = async () =>
      replies
        .rows(await run(scripts.claimUnannounced, plenty))
        .map((row) => row.slice(0, 2).map(replies.text));
    const buried = async () => {
      const id = await add();
      await take('me');
      await run(scripts.deadLetter, id, 1, 'death', '0');
      return id;
    };

    it('leave one that was not announced in time to one instance at a time, until somebody has', async () => {
      const id = await buried();
      assert.deepEqual(await untold(), []);
      for (let time = 0; time < 2; time++) {
        now += 5000;
        assert.deepEqual(await untold(), [[id, 'death']]);
        assert.deepEqual(await untold(), []);
      }
      await run(scripts.markAnnounced, id);
      now += 5000;
      assert.deepEqual(await untold(), []);
    });

    for (const script of ['replay', 'discard'] as const)
      it(`forget it where somebody has dealt with it: ${script}`, async () => {
        await run(scripts[script], await buried());
        assert.equal(await ask('ZCARD', 'unannounced'), 0);
      });

    it('forget what somebody has removed by hand', async () => {
      await buried();
      await ask('DEL', 'index');
      now += 5000;
      assert.deepEqual(await untold(), []);
      assert.equal(await ask('ZCARD', 'unannounced'), 0);
    });
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
      now += visibilityTimeout;
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

    it('give what was emitted as often as allowed to be buried, and after a while to another', async () => {
      const id = await add();
      for (let attempt = 0; attempt < attempts; attempt++) {
        await take('me');
        now += visibilityTimeout;
      }
      assert.deepEqual(await take('me'), [[id, attempts, 'exhausted']]);
      assert.deepEqual([await held('me'), replies.list(await run(scripts.stats))[4]], [[], 0]);
      assert.deepEqual(await take('other'), []);
      now += 5000;
      assert.deepEqual(await take('other'), [[id, attempts, 'exhausted']]);
    });

    it('forget what somebody has removed by hand', async () => {
      const id = await add();
      await take('me');
      await ask('XDEL', 'events', `${id}-0`);
      now += visibilityTimeout;
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
      assert.deepEqual(replies.texts(await run(scripts.deadLetter, id, 1, 'death', '0')), ['ended']);
      assert.deepEqual(await run(scripts.listDeadLetters, plenty, ''), []);
    });

    it('make one dead letter of what is given up twice', async () => {
      const id = await add();
      await take('me');
      const bury = async () => replies.texts(await run(scripts.deadLetter, id, 1, 'death', '0'))[0];
      assert.deepEqual([await bury(), await bury()], ['ok', 'ended']);
      assert.equal(((await run(scripts.listDeadLetters, plenty, '')) as unknown[]).length, 1);
      assert.equal(await ask('ZCARD', 'due'), 0);
    });
  });

  it('have a dead letter emitted again: whoever is idle gets a token, and it counts as the oldest', async () => {
    const id = await add();
    await take('me');
    await run(scripts.deadLetter, id, 1, 'death', '0');
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
      now += visibilityTimeout;
      assert.deepEqual((await take('other', 1))[0], [first, 2, 'again']);
      await run(scripts.release, 'slow', first, second);
      assert.deepEqual([await held('slow'), await held('other')], [[], [first]]);
      assert.deepEqual(await take('other'), [[second, 1, 'again']]);
    });

    it('remove the instance when it leaves, unless it still holds something', async () => {
      const id = await add();
      await take('me');
      await run(scripts.removeConsumer, 'me');
      assert.deepEqual(await held('me'), [id]);
      await run(scripts.release, 'me', id);
      await run(scripts.removeConsumer, 'me');
      assert.deepEqual(await owners(), ['released']);
    });

    it('leave a token for others also where its own wait swallows one, and pile up none', async () => {
      await ask('DEL', 'wake');
      for (let time = 0; time < 3; time++) {
        await run(scripts.removeConsumer, 'me');
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
    await run(scripts.deadLetter, first, 1, 'death', '0');
    assert.equal(replies.text(await oldest()), second);
  });
});
