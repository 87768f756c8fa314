import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import type { Inbox, InboxOptions } from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { type Connection, redisConnect, type RedisOptions } from '../../../src/lib/inbox/redis/connection';
import { RedisInbox } from '../../../src/lib/inbox/redis/redis-inbox';
import { InboxRecorder } from '../../support/inbox-recorder';
import { RedisServer, useRedis } from '../../support/redis-server';
import { withTime } from '../../support/redis-time';
import { describeInbox, type InboxBench } from './contract.suite';

class RedisBench implements InboxBench {
  readonly #name = randomUUID();
  readonly #processes = new Map<Inbox, { connections: Connection[]; gone: boolean }>();
  readonly #clock: SinonFakeTimers;
  /** By how much the server's clock differs from that of the machine. */
  ahead = 0;

  constructor(private readonly server: RedisServer) {
    this.#clock = useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'],
      now: Date.now(),
    });
  }

  create(...[keyring, options]: Parameters<InboxBench['create']>): Inbox {
    const process = { connections: [] as Connection[], gone: false };
    const connecting = redisConnect({ url: this.server.url });
    const connect = async (lost: (error?: unknown) => void) => {
      if (process.gone) throw new Error('this process has ended');
      const connection = withTime(await (await connecting)(lost), () => Date.now() + this.ahead);
      process.connections.push(connection);
      return connection;
    };
    const inbox = new RedisInbox(this.#name, connect, keyring, options);
    this.#processes.set(inbox, process);
    return inbox;
  }

  crash(inbox: Inbox): Promise<void> {
    const process = this.#processes.get(inbox)!;
    process.gone = true;
    for (const connection of process.connections) connection.destroy();
    return Promise.resolve();
  }

  async elapse(milliseconds: number): Promise<void> {
    // What is under way is told how long something takes, and counts from then on.
    if (milliseconds > 1) await Promise.allSettled([...this.#processes.keys()].map((inbox) => inbox.stats()));
    await this.#clock.tickAsync(milliseconds);
  }

  /** Entries of a stream cannot be changed, so it is built anew as it was but for one bit. */
  async damage(position: number): Promise<void> {
    const events = `onegevity:{${this.#name}}:events`;
    const [entries, groups, pending] = (await this.server.commands(
      ['XRANGE', events, '-', '+'],
      ['XINFO', 'GROUPS', events],
      ['XPENDING', events, 'flows', '-', '+', '1000'],
    )) as [[Buffer, [Buffer, Buffer]][], unknown[][], [Buffer, Buffer, number, number][]];
    const group = groups[0]!.map(String);
    const delivered = group[group.indexOf('last-delivered-id') + 1]!;
    const record = entries[position]![1][1];
    record[record.length - 1]! ^= 1;
    await this.server.commands(
      ['DEL', events],
      ...entries.map(([id, fields]) => ['XADD', events, id, ...fields]),
      ['XGROUP', 'CREATE', events, 'flows', delivered],
      ...pending.map(([id, owner, , count]) => [
        'XCLAIM',
        events,
        'flows',
        owner,
        '0',
        id,
        'RETRYCOUNT',
        String(count),
        'FORCE',
        'JUSTID',
      ]),
    );
  }

  /** The log of all that was ever written, also by tests before. */
  dump(): Promise<Buffer> {
    const folder = join(this.server.folder, 'appendonlydir');
    return Promise.resolve(
      Buffer.concat(readdirSync(folder).map((file) => readFileSync(join(folder, file)))),
    );
  }

  async outage(on: boolean): Promise<void> {
    if (on) await this.server.kill();
    else await this.server.start();
  }

  async remove(): Promise<void> {
    this.#clock.restore();
    if (!this.server.running) await this.server.start();
  }
}

describe('the inbox in Redis', () => {
  const server = useRedis();

  describeInbox('Redis', () => Promise.resolve(new RedisBench(server())));

  const key = Keyring.generate();
  const visibilityTimeout = 60_000;
  const event = (text: string) => ({ topic: 'kit.updated', receivedAt: 1, content: Buffer.from(text) });
  const textsOf = (seen: InboxRecorder) =>
    seen.deliveries.map(({ event: { content } }) => content.toString());

  describe('that several instances share', () => {
    let bench: RedisBench;
    let open: Inbox[];

    beforeEach(() => {
      bench = new RedisBench(server());
      open = [];
    });
    afterEach(async () => {
      await Promise.all(open.map((inbox) => inbox.close()));
      await bench.remove();
    });

    async function started(options: Partial<InboxOptions> = {}) {
      const inbox = bench.create(new Keyring(key), { visibilityTimeout, maxAttempts: 3, ...options });
      const seen = new InboxRecorder();
      open.push(inbox);
      await inbox.open(seen);
      return { inbox, seen };
    }

    it('gives each event to one of them', async () => {
      const [one, other] = [await started(), await started()];
      const texts = Array.from({ length: 100 }, (_, index) => `event ${index}`);
      await Promise.all(texts.map((text) => one.inbox.put(event(text))));
      const count = () => one.seen.deliveries.length + other.seen.deliveries.length;
      await Promise.race([one.seen.until(() => count() >= 100), other.seen.until(() => count() >= 100)]);
      assert.deepEqual(textsOf(one.seen).concat(textsOf(other.seen)).sort(), texts.sort());
    });

    it('gives to another what finds no place in the first', async () => {
      const [one, other] = [await started({ inFlight: 1 }), await started({ inFlight: 1 })];
      await one.inbox.put(event('a'));
      await one.inbox.put(event('b'));
      await Promise.all([one.seen.one(), other.seen.one()]);
    });

    it('lets any of them end a delivery', async () => {
      const one = await started();
      await one.inbox.put(event('a'));
      const { id } = await one.seen.one();
      const other = await started();
      await other.inbox.done(id);
      await assert.rejects(one.inbox.done(id, 1), { code: 'delivery_already_done' });
      const { waiting, inFlight } = await one.inbox.stats();
      assert.deepEqual({ waiting, inFlight }, { waiting: 0, inFlight: 0 });
    });

    it('frees a place at the latest a second after its delivery was ended elsewhere', async () => {
      const one = await started({ inFlight: 1 });
      const other = await started({ inFlight: 1 });
      await one.inbox.put(event('a'));
      await one.inbox.put(event('b'));
      await Promise.all([one.seen.one(), other.seen.one()]);
      await other.inbox.done(one.seen.deliveries[0]!.id);
      await one.inbox.put(event('c'));
      await bench.elapse(1100);
      assert.equal((await one.seen.one()).event.content.toString(), 'c');
    });

    it('takes over what an instance that has died held, once its time is over and not before', async () => {
      const one = await started();
      await one.inbox.put(event('a'));
      const first = await one.seen.one();
      const other = await started();
      await bench.crash(one.inbox);
      await bench.elapse(visibilityTimeout - 100);
      assert.deepEqual(await other.seen.rest(other.inbox), []);
      await bench.elapse(200);
      assert.deepEqual(await other.seen.one(), { ...first, attempt: 2, redelivered: true });
    });

    it('takes over at once what an instance that is closed had in its flows', async () => {
      const one = await started();
      await one.inbox.put(event('a'));
      const first = await one.seen.one();
      const other = await started();
      await one.inbox.close();
      assert.deepEqual(await other.seen.one(), { ...first, attempt: 1, redelivered: true });
      await other.inbox.done(first.id);
    });

    it('takes over more than a thousand at once', async () => {
      const texts = Array.from({ length: 1100 }, (_, index) => `event ${index}`);
      const one = await started({ inFlight: texts.length });
      await Promise.all(texts.map((text) => one.inbox.put(event(text))));
      await one.seen.next(texts.length);
      await one.inbox.close();
      const other = await started({ inFlight: texts.length });
      await other.seen.next(texts.length);
      assert.deepEqual(textsOf(other.seen).sort(), texts.sort());
    });

    it('carries out a retry that is under way when its instance is closed', async () => {
      const one = await started();
      await one.inbox.put(event('a'));
      const first = await one.seen.one();
      const retried = one.inbox.retry(first.id, 1, 5000);
      await one.inbox.close();
      await retried;
      const other = await started();
      await bench.elapse(5000);
      assert.deepEqual(await other.seen.one(), { ...first, attempt: 2, redelivered: true });
    });

    it('sets aside what a flow gives up and nobody can read any more', async () => {
      const { inbox, seen } = await started();
      await inbox.put(event('a'));
      const { id } = await seen.one();
      await bench.damage(0);
      await inbox.deadLetter(id, 1, 'not_found');
      assert.deepEqual([seen.quarantines, seen.dead], [[{ count: 1, cause: 'damaged' }], []]);
      assert.equal((await inbox.stats()).unreadable, 1);
    });

    it('recognises a duplicate that another has stored', async () => {
      const [one, other] = [await started(), await started()];
      const unique = { key: 'a', window: 10_000 };
      const results = await Promise.all([one, other].map(({ inbox }) => inbox.put(event('a'), unique)));
      assert.deepEqual(results.sort(), ['duplicate', 'stored']);
    });

    it('emits once what became due while no instance was there', async () => {
      const before = await started();
      await Promise.all(['a', 'b', 'c'].map((text) => before.inbox.put(event(text))));
      for (const { id } of await before.seen.next(3)) await before.inbox.retry(id, 1, 5000);
      await bench.crash(before.inbox);
      await bench.elapse(10_000);
      const [one, other] = await Promise.all([started(), started()]);
      const all = () => one.seen.deliveries.length + other.seen.deliveries.length === 3;
      await Promise.race([one.seen.until(all), other.seen.until(all)]);
      await bench.elapse(visibilityTimeout - 1000);
      assert.deepEqual([...textsOf(one.seen), ...textsOf(other.seen)].sort(), ['a', 'b', 'c']);
    });

    it('announces a dead letter that another has buried and not announced before it was killed', async () => {
      const killed = await started();
      await killed.inbox.put(event('a'));
      const { id } = await killed.seen.one();
      killed.seen.deadLetter = () => void bench.crash(killed.inbox).catch(assert.ifError);
      await killed.inbox.deadLetter(id, 1, 'not_found');
      const [one, other] = await Promise.all([started(), started()]);
      await bench.elapse(11_000);
      await bench.elapse(6000);
      const letter = {
        id,
        attempt: 1,
        redelivered: true,
        event: event('a'),
        cause: 'dead_lettered',
        reason: 'not_found',
      };
      assert.deepEqual([...one.seen.dead, ...other.seen.dead], [letter]);
    });

    it('announces none twice', async () => {
      const [one, other] = [await started(), await started()];
      await one.inbox.put(event('a'));
      const { id } = await Promise.race([one.seen.one(), other.seen.one()]);
      await one.inbox.deadLetter(id, 1);
      for (let seconds = 0; seconds < 30; seconds += 6) await bench.elapse(6000);
      assert.equal(one.seen.dead.length + other.seen.dead.length, 1);
    });

    it('lets nothing wait longer where the clock of the server is set back, and says so once', async () => {
      const [one, other] = [await started(), await started()];
      bench.ahead = 365 * 24 * 3600 * 1000;
      await one.inbox.put(event('a'));
      const taken = await Promise.race([one.seen.one(), other.seen.one()]);
      await one.inbox.retry(taken.id, 1, 30_000);
      bench.ahead = -3600 * 1000;
      // The time until an instance looks next is lost, and no more.
      await bench.elapse(29_000);
      assert.equal(textsOf(one.seen).length + textsOf(other.seen).length, 1);
      for (let seconds = 0; seconds < 8; seconds++) await bench.elapse(1000);
      assert.equal(textsOf(one.seen).length + textsOf(other.seen).length, 2);
      assert.deepEqual([...one.seen.risks, ...other.seen.risks], ['clock_set_back']);
    });

    it('waits no longer for a retry that was asked for while the server was away', async () => {
      const { inbox, seen } = await started();
      await inbox.put(event('a'));
      const { id } = await seen.one();
      await bench.outage(true);
      await seen.until(() => seen.problems.at(-1) === 'redis_unreachable');
      await inbox.retry(id, 1, 40_000);
      await bench.outage(false);
      await bench.elapse(31_000);
      await seen.until(() => seen.problems.at(-1) === undefined);
      await bench.elapse(10_000);
      assert.equal((await seen.one()).attempt, 2);
    });

    it('carries out what was ended while the server was away', async () => {
      const { inbox, seen } = await started();
      await inbox.put(event('a'));
      await inbox.put(event('b'));
      const [a, b] = await seen.next(2);
      await bench.outage(true);
      await seen.until(() => seen.problems.at(-1) === 'redis_unreachable');
      await inbox.done(a!.id, 1);
      await inbox.retry(b!.id, 1, 40_000);
      await assert.rejects(inbox.done('1234567890123456', 1), { code: 'inbox_unavailable' });
      await bench.outage(false);
      await bench.elapse(31_000);
      await seen.until(() => seen.problems.at(-1) === undefined);
      const { waiting, inFlight, delayed } = await inbox.stats();
      assert.deepEqual({ waiting, inFlight, delayed }, { waiting: 1, inFlight: 0, delayed: 1 });
    });
  });

  it('is not harmed by the wrong clock of a machine: nothing is redelivered, delayed or dead', async () => {
    const clock = useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const connect = await redisConnect({ url: server().url });
    const name = randomUUID();
    const right = new RedisInbox(name, connect, new Keyring(key), { visibilityTimeout, maxAttempts: 1 });
    const wrong = new RedisInbox(name, connect, new Keyring(key), { visibilityTimeout, maxAttempts: 1 });
    const seen = { right: new InboxRecorder(), wrong: new InboxRecorder() };
    const shift = 365 * 24 * 3600 * 1000;
    try {
      await right.open(seen.right);
      await right.put(event('a'), { key: 'a', window: 10_000 });
      const { id } = await seen.right.one();
      for (const jump of [shift, -2 * shift]) {
        clock.setSystemTime(Date.now() + jump);
        await wrong.open(seen.wrong);
        assert.equal(await wrong.put(event('a'), { key: 'a', window: 10_000 }), 'duplicate');
        await wrong.stats();
        await wrong.close();
      }
      assert.deepEqual([seen.wrong.deliveries, seen.wrong.dead, seen.right.dead], [[], [], []]);
      await right.deadLetter(id, 1);
      const [letter] = await right.deadLetters(1);
      const [[seconds]] = (await server().commands(['TIME'])) as [[Buffer]];
      assert.ok(Math.abs(letter!.deadLetteredAt / 1000 - Number(seconds)) <= 2);
    } finally {
      clock.restore();
      await Promise.all([right.close(), wrong.close()]);
    }
  });

  describe('on a server of its own', () => {
    let own: RedisServer | undefined;
    let inbox: Inbox | undefined;

    afterEach(async () => {
      await inbox?.close();
      await own?.remove();
      inbox = undefined;
    });

    async function startedOn(settings: Record<string, string>, login: Partial<RedisOptions> = {}) {
      own = await RedisServer.start(settings);
      const connect = await redisConnect({ url: own.url, ...login });
      inbox = new RedisInbox('test', connect, new Keyring(key), { visibilityTimeout, maxAttempts: 3 });
      const seen = new InboxRecorder();
      await inbox.open(seen);
      return { inbox, seen };
    }

    it('says that the server does not keep what it acknowledges', async () => {
      const { seen } = await startedOn({ appendfsync: 'everysec' });
      assert.deepEqual(seen.risks, ['redis_not_durable']);
    });

    it('says that the server throws away what it holds when memory is short', async () => {
      const { seen } = await startedOn({ 'maxmemory-policy': 'allkeys-lru' });
      assert.deepEqual(seen.risks, ['redis_evicts']);
    });

    it('says that nobody may ask how the server keeps its data', async () => {
      const { seen } = await startedOn({ user: 'default on nopass ~* &* +@all -config' });
      assert.deepEqual(seen.risks, ['redis_unchecked']);
    });

    it('has nothing to say where the server keeps everything', async () => {
      const { seen } = await startedOn({});
      assert.deepEqual([seen.risks, seen.problems], [[], [undefined]]);
    });

    it('says that the password is wrong', async () => {
      const { inbox, seen } = await startedOn({ requirepass: 'right' }, { password: 'wrong' });
      assert.deepEqual(seen.problems, ['redis_login']);
      await assert.rejects(inbox.put(event('a')), { code: 'inbox_unavailable' });
    });

    it('logs in as the user that is named', async () => {
      const { seen } = await startedOn(
        { user: 'nurse on >right ~* &* +@all' },
        { username: 'nurse', password: 'right' },
      );
      assert.deepEqual(seen.problems, [undefined]);
    });

    it('needs no other rights than docs/how-to/several-instances.md names', async () => {
      const page = readFileSync(join(__dirname, '../../../docs/how-to/several-instances.md'), 'utf8');
      const [, rights = ''] = /^ACL SETUSER onegevity on >PASSWORD (.+)$/m.exec(page) ?? [];
      const { inbox, seen } = await startedOn({ user: `default on >right ${rights}` }, { password: 'right' });
      await inbox.put(event('a'), { key: 'a', window: 1000 });
      const { id } = await seen.one();
      await inbox.deadLetter(id, 1);
      assert.equal((await inbox.deadLetters(1)).length, 1);
      await inbox.replay(id);
      await inbox.retry((await seen.one()).id, 1, 0);
      await inbox.done((await seen.one()).id);
      assert.deepEqual([(await inbox.stats()).bytes, seen.risks, seen.problems], [0, [], [undefined]]);
    });

    it('is full when the memory of the server is', async () => {
      const { inbox, seen } = await startedOn({ maxmemory: '4mb' });
      const big = event('x'.repeat(500_000));
      await assert.rejects(Promise.all(Array.from({ length: 12 }, () => inbox.put(big))), {
        code: 'redis_full',
      });
      for (const { id } of await seen.next(2)) await inbox.done(id);
      assert.deepEqual(seen.problems, [undefined]);
    });

    it('emits and ends what it has while the memory of the server is full, also after a restart', async () => {
      own = await RedisServer.start();
      const connect = await redisConnect({ url: own.url });
      const options = { visibilityTimeout, maxAttempts: 3, inFlight: 2 };
      const start = async () => {
        inbox = new RedisInbox('test', connect, new Keyring(key), options);
        const seen = new InboxRecorder();
        await inbox.open(seen);
        return { inbox, seen };
      };
      // The clock is to be stored again with whatever comes next.
      const clockIsOld = ['HDEL', 'onegevity:{test}:state', 'seen'];
      const first = await start();
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await first.inbox.put(event(name));
      const [a, b] = await first.seen.next(2);
      await own.commands(['CONFIG', 'SET', 'maxmemory', '1'], clockIsOld);
      await assert.rejects(first.inbox.put(event('g')), { code: 'redis_full' });
      await first.inbox.done(a!.id, 1);
      await first.inbox.deadLetter(b!.id, 1);
      const [c] = await first.seen.next(2);
      await own.commands(clockIsOld);
      await first.inbox.retry(c!.id, 1, 0);
      await first.seen.until(() => first.seen.deliveries.length === 5);
      await own.commands(clockIsOld);
      await first.inbox.close();

      const second = await start();
      assert.deepEqual(second.seen.problems, [undefined]);
      for (let count = 0; count < 4; count++) {
        await own.commands(clockIsOld);
        await second.inbox.done((await second.seen.one()).id);
      }
      assert.equal(await second.inbox.replay(b!.id), true);
      await own.commands(clockIsOld);
      await second.inbox.done((await second.seen.one()).id);
      const { waiting, inFlight, dead, bytes } = await second.inbox.stats();
      assert.deepEqual([waiting, inFlight, dead, bytes], [0, 0, 0, 0]);
    });

    it('follows the clock of the server, not that of its machine', async () => {
      const { inbox, seen } = await startedOn({});
      await inbox.put(event('a'));
      const { id } = await seen.one();
      const serverTime = ((await own!.commands(['TIME'])) as [[Buffer]])[0][0];
      assert.ok(Math.abs(Number(id) / 1e6 - Number(serverTime)) <= 2);
    });
  });

  it('takes only addresses of Redis', async () => {
    for (const url of [
      '',
      'localhost:6379',
      'http://127.0.0.1',
      'xredis://h',
      'redis://',
      'redis://h/a',
      'redis://%@h',
    ])
      await assert.rejects(redisConnect({ url }), { code: 'redis_url_bad' }, url);
  });
});
