import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import type { OnegevityError } from '../../../src/lib/errors';
import type { Connection } from '../../../src/lib/inbox/redis/connection';
import { Keys } from '../../../src/lib/inbox/redis/keys';
import { RedisSession } from '../../../src/lib/inbox/redis/session';
import { OfflineQueue } from '../../../src/lib/inbox/redis/offline-queue';
import { type Argument, Script } from '../../../src/lib/inbox/redis/script';

/** A connection whose server is the test. */
class ScriptedConnection implements Connection {
  readonly commands: Argument[][] = [];
  readonly ends: ('closed' | 'destroyed')[] = [];
  answer: (...parts: Argument[]) => unknown = () => 'OK';
  closing: () => Promise<void> = () => Promise.resolve();

  constructor(readonly lost: (error?: unknown) => void) {}

  async command(...parts: Argument[]): Promise<unknown> {
    this.commands.push(parts);
    await Promise.resolve();
    return this.answer(...parts);
  }

  close(): Promise<void> {
    this.ends.push('closed');
    return this.closing();
  }

  destroy(): void {
    this.ends.push('destroyed');
  }

  /** What was sent beside what opens a link. */
  get calls(): Argument[][] {
    return this.commands.filter(([name]) => !/^(SCRIPT|INFO|LREM)$/.test(String(name)));
  }
}

describe('the link to a Redis', () => {
  const keys = new Keys('test');
  const scripts = ['return 1', 'return 2'].map((source) => new Script(source)) as [Script, Script];
  const call = [keys.all.length, ...keys.all];

  let clock: SinonFakeTimers;
  let connections: ScriptedConnection[];
  let states: (string | undefined)[];
  let connect: (lost: (error?: unknown) => void) => Promise<Connection>;
  let opened: () => Promise<void>;
  let link: RedisSession;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    connections = [];
    states = [];
    connect = (lost) => {
      const connection = new ScriptedConnection(lost);
      connections.push(connection);
      return Promise.resolve(connection);
    };
    opened = () => Promise.resolve();
    link = new RedisSession((lost) => connect(lost), keys, scripts, {
      opened: () => opened(),
      state: (problem: OnegevityError | undefined) => states.push(problem?.code),
    });
  });
  afterEach(() => clock.restore());

  const main = () => connections.at(-2)!;
  const idle = () => connections.at(-1)!;
  const refuse = (message: string) => () => {
    throw new Error(message);
  };
  const unreachable = () => {
    connect = () => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6379'));
  };

  describe('when it is opened', () => {
    it('has made two connections and loaded the scripts before anything is asked', async () => {
      opened = async () => {
        assert.deepEqual([connections.length, link.usable, states], [2, false, []]);
        assert.deepEqual(main().commands, [
          ['INFO', 'server'],
          ...scripts.map(({ source }) => ['SCRIPT', 'LOAD', source]),
          ['LREM', keys.wake, 0, 'none'],
        ]);
        await link.run(scripts[0]);
      };
      await link.open();
      assert.deepEqual([link.usable, states, idle().commands], [true, [undefined], [['INFO', 'server']]]);
      assert.deepEqual(main().calls, [['EVALSHA', scripts[0].sha, ...call]]);
    });

    it('does without a server that will not load scripts', async () => {
      const plain = connect;
      connect = async (lost) => {
        const connection = (await plain(lost)) as ScriptedConnection;
        connection.answer = (name) => (name === 'LREM' ? 0 : refuse('NOPERM')());
        return connection;
      };
      await link.open();
      assert.deepEqual(states, [undefined]);
    });

    it('closes the first connection where the second cannot be made', async () => {
      const plain = connect;
      connect = (lost) => {
        unreachable();
        return plain(lost);
      };
      await link.open();
      assert.deepEqual([states, link.usable], [['redis_unreachable'], false]);
      assert.deepEqual(
        connections.map(({ ends }) => ends),
        [['destroyed']],
      );
    });

    it('says so where a connection breaks before all is ready', async () => {
      opened = () => {
        idle().lost();
        return Promise.resolve();
      };
      await link.open();
      assert.deepEqual([states, link.usable], [['inbox_unavailable'], false]);
      await assert.rejects(link.run(scripts[0]), { code: 'inbox_unavailable' });
      for (const { ends } of connections) assert.deepEqual(ends, ['destroyed']);
    });

    it('says that it is denied', async () => {
      connect = () => Promise.reject(new Error('WRONGPASS invalid username-password pair'));
      await link.open();
      assert.deepEqual(states, ['redis_login']);
    });
  });

  describe('when it breaks', () => {
    it('is opened again after 1, 2, 4, 8, 16 and then every 30 seconds', async () => {
      unreachable();
      let tries = 0;
      const failing = connect;
      connect = (lost) => {
        tries++;
        return failing(lost);
      };
      await link.open();
      for (const [at, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
        await clock.tickAsync(seconds * 1000 - 1);
        assert.equal(tries, at + 1);
        await clock.tickAsync(1);
        assert.equal(tries, at + 2);
      }
    });

    it('begins with a second again once it was open', async () => {
      const works = connect;
      unreachable();
      await link.open();
      await clock.tickAsync(1000);
      connect = works;
      await clock.tickAsync(2000);
      assert.deepEqual(states, ['redis_unreachable', 'redis_unreachable', undefined]);
      await clock.tickAsync(4000);
      main().lost();
      await clock.tickAsync(999);
      assert.equal(link.usable, false);
      await clock.tickAsync(1);
      assert.deepEqual([link.usable, connections.length], [true, 4]);
    });

    it('waits longer each time where it can be opened, and fails as soon as it is used', async () => {
      await link.open();
      for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
        main().answer = refuse(
          'MISCONF Redis is configured to save RDB snapshots, but is unable to persist to disk',
        );
        await assert.rejects(link.run(scripts[0]), { code: 'inbox_unavailable' });
        assert.equal(states.at(-1), 'redis_not_saving');
        await clock.tickAsync(seconds * 1000 - 1);
        assert.equal(link.usable, false);
        await clock.tickAsync(1);
        assert.equal(link.usable, true);
      }
    });

    it('is not open again as long as the server refuses every write', async () => {
      await link.open();
      const works = connect;
      connect = async (lost) => {
        const connection = (await works(lost)) as ScriptedConnection;
        connection.answer = (name) =>
          name === 'LREM' ? refuse('MISCONF Errors writing to the AOF file')() : 'OK';
        return connection;
      };
      main().lost(new Error('Socket closed unexpectedly'));
      await clock.tickAsync(3000);
      assert.deepEqual(states, [undefined, 'redis_unreachable', 'redis_not_saving', 'redis_not_saving']);
    });

    it('says so once, and destroys both connections', async () => {
      await link.open();
      main().lost();
      idle().lost();
      await assert.rejects(link.run(scripts[0]), { code: 'inbox_unavailable' });
      assert.deepEqual([states, link.usable], [[undefined, 'inbox_unavailable'], false]);
      for (const { ends } of connections) assert.deepEqual(ends, ['destroyed']);
      await clock.tickAsync(1000);
      assert.equal(connections.length, 4);
    });
  });

  describe('in use', () => {
    beforeEach(() => link.open());

    it('runs a script by its digest, and by its text where the server has forgotten it', async () => {
      main().answer = (name) => {
        if (name === 'EVALSHA') throw new Error('NOSCRIPT No matching script. Please use EVAL.');
        return 'by its text';
      };
      assert.equal(await link.run(scripts[1], 'a', 7), 'by its text');
      assert.deepEqual(main().calls, [
        ['EVALSHA', scripts[1].sha, ...call, 'a', 7],
        ['EVAL', scripts[1].source, ...call, 'a', 7],
      ]);
      assert.equal(link.usable, true);
    });

    it('is not sure whether a script ran that failed, and opens anew', async () => {
      main().answer = refuse('Socket closed unexpectedly');
      await assert.rejects(link.run(scripts[0]), { code: 'inbox_unavailable' });
      assert.deepEqual([states, link.usable], [[undefined, 'redis_unreachable'], false]);
      assert.equal(main().calls.length, 1);
    });

    it('goes on where the server only has no room', async () => {
      main().answer = refuse("OOM command not allowed when used memory > 'maxmemory'.");
      await assert.rejects(link.run(scripts[0]), { code: 'redis_full' });
      assert.deepEqual([states, link.usable], [[undefined], true]);
    });

    it('reports that it is denied as a state, and to the caller that it is unavailable', async () => {
      main().answer = refuse('NOPERM this user has no permissions');
      await assert.rejects(link.run(scripts[0]), { code: 'inbox_unavailable' });
      assert.deepEqual(states, [undefined, 'redis_denied']);
    });

    it('waits on the connection that nothing else needs', async () => {
      idle().answer = () => [keys.wake, '1'];
      assert.equal(await link.wake(5), true);
      idle().answer = () => null;
      assert.equal(await link.wake(5), false);
      const wait = ['BLPOP', keys.wake, 5];
      assert.deepEqual([idle().commands.slice(1), main().calls], [[wait, wait], []]);
    });

    it('opens anew where waiting fails', async () => {
      idle().answer = refuse('Socket timeout');
      await assert.rejects(link.wake(5), { code: 'inbox_unavailable' });
      assert.deepEqual(states, [undefined, 'redis_unreachable']);
      await assert.rejects(link.wake(5), { code: 'inbox_unavailable' });
    });

    it('leaves a token to another instance', async () => {
      await link.signal();
      assert.deepEqual(main().calls, [['RPUSH', keys.wake, '1']]);
    });

    it('takes a refusal of a question for no answer', async () => {
      main().answer = refuse('NOPERM');
      assert.equal(await link.tryCommand('CONFIG', 'GET', 'appendonly'), undefined);
      assert.equal(link.usable, true);
      main().lost();
      assert.equal(await link.tryCommand('INFO'), undefined);
    });
  });

  describe('when it is closed', () => {
    it('lets end what is under way, and ends what only waits', async () => {
      await link.open();
      let end!: () => void;
      main().closing = () => new Promise((resolve) => (end = resolve));
      const closed = link.close();
      await turn();
      assert.deepEqual([main().ends, idle().ends, link.usable], [['closed'], ['destroyed'], false]);
      end();
      await closed;
      assert.deepEqual(main().ends, ['closed', 'destroyed']);
      assert.equal(clock.countTimers(), 0);
    });

    it('waits three seconds and no longer', async () => {
      await link.open();
      main().closing = () => new Promise(() => undefined);
      let done = false;
      const closed = link.close().then(() => (done = true));
      await clock.tickAsync(2999);
      assert.deepEqual([done, main().ends], [false, ['closed']]);
      await clock.tickAsync(1);
      assert.deepEqual([done, main().ends], [true, ['closed', 'destroyed']]);
      await closed;
    });

    it('does not mind a server that has gone', async () => {
      await link.open();
      main().closing = () => Promise.reject(new Error('The client is closed'));
      await link.close();
      main().lost();
      assert.deepEqual([states, clock.countTimers()], [[undefined], 0]);
    });

    it('is not opened again', async () => {
      await link.open();
      main().lost();
      await link.close();
      await clock.tickAsync(60_000);
      assert.deepEqual([connections.length, states], [2, [undefined, 'inbox_unavailable']]);
    });

    it('waits until it is open, reports nothing then, and leaves no connection', async () => {
      let answer!: () => void;
      opened = () => new Promise((resolve) => (answer = resolve));
      const opening = link.open();
      while (connections.length < 2) await turn();
      await turn();
      const closed = link.close();
      answer();
      await Promise.all([opening, closed]);
      assert.deepEqual([states, link.usable], [[], false]);
      for (const { ends } of connections) assert.equal(ends.at(-1), 'destroyed');
    });

    it('tries no more where it could not be opened', async () => {
      let fail!: (error: Error) => void;
      connect = () => new Promise((_resolve, reject) => (fail = reject));
      const opening = link.open();
      const closed = link.close();
      fail(new Error('ETIMEDOUT'));
      await Promise.all([opening, closed]);
      assert.deepEqual([states, clock.countTimers()], [[], 0]);
    });
  });

  describe('owes what could not be carried out', () => {
    it('in the order in which it was asked for, and each once', async () => {
      await link.open();
      const owed = new OfflineQueue(link);
      main().lost();
      assert.equal(await owed.run(true, scripts[0], () => ['a']), undefined);
      assert.equal(await owed.run(true, scripts[1], () => ['b']), undefined);
      await clock.tickAsync(1000);
      await owed.flush();
      await owed.flush();
      assert.deepEqual(
        main().calls.map((parts) => [parts[1], parts.at(-1)]),
        [
          [scripts[0].sha, 'a'],
          [scripts[1].sha, 'b'],
        ],
      );
    });

    it('and keeps what fails again', async () => {
      await link.open();
      const owed = new OfflineQueue(link);
      main().lost();
      await owed.run(true, scripts[0], () => ['a']);
      await assert.rejects(owed.flush(), { code: 'inbox_unavailable' });
      await clock.tickAsync(1000);
      await owed.flush();
      assert.equal(main().calls.length, 1);
    });

    it('but nothing that may not be later', async () => {
      await link.open();
      const owed = new OfflineQueue(link);
      main().lost();
      await assert.rejects(
        owed.run(false, scripts[0], () => []),
        { code: 'inbox_unavailable' },
      );
      await clock.tickAsync(1000);
      await owed.flush();
      assert.deepEqual(main().calls, []);
    });

    it('and hands on the reply of what can be carried out now', async () => {
      await link.open();
      main().answer = () => ['ok'];
      assert.deepEqual(await new OfflineQueue(link).run(true, scripts[0], () => []), ['ok']);
    });
  });
});
