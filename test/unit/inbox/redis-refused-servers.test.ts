import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection,
  createServer as createPlainServer,
  type Server,
  type Socket,
} from 'node:net';
import type { Inbox } from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { redisConnect, type RedisOptions } from '../../../src/lib/inbox/redis/connection';
import { RedisInbox } from '../../../src/lib/inbox/redis/redis-inbox';
import { InboxRecorder } from '../../support/inbox-recorder';
import { hasRedis, RedisServer } from '../../support/redis-server';

const event = { topic: 'order.created', receivedAt: 1, content: Buffer.from('a') };

describe('the inbox in a Redis that does not accept events', () => {
  let servers: RedisServer[] = [];
  let inbox: Inbox | undefined;
  let fake: Server | undefined;
  before(function () {
    if (!hasRedis) this.skip();
  });
  afterEach(async () => {
    await inbox?.close();
    await Promise.all(servers.map((server) => server.remove()));
    fake?.close();
    servers = [];
    inbox = fake = undefined;
  });

  async function server(
    settings: Readonly<Record<string, string>> = {},
    sentinel = false,
  ): Promise<RedisServer> {
    const started = await RedisServer.start(settings, sentinel);
    servers.push(started);
    return started;
  }

  async function open(options: RedisOptions): Promise<InboxRecorder> {
    const seen = new InboxRecorder();
    inbox = new RedisInbox('test', await redisConnect(options), new Keyring(Keyring.generate()), {
      visibilityTimeout: 60_000,
      maxAttempts: 3,
    });
    await inbox.open(seen);
    return seen;
  }

  it('says that it is a node of a cluster, also where it has the keys', async () => {
    const node = await server({ 'cluster-enabled': 'yes' });
    assert.deepEqual((await open({ url: node.url })).problems, ['redis_cluster'], 'without slots');
    await inbox!.close();
    await node.commands(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
    assert.deepEqual((await open({ url: node.url })).problems, ['redis_cluster'], 'with all slots');
    await inbox!.close();
    assert.deepEqual((await open({ url: `${node.url}/1` })).problems, ['redis_cluster'], 'with a database');
  });

  it('says that it is a Sentinel, also where the URL names a database', async () => {
    const { url } = await server({}, true);
    assert.deepEqual((await open({ url })).problems, ['redis_sentinel']);
    await inbox!.close();
    assert.deepEqual((await open({ url: `${url}/1` })).problems, ['redis_sentinel']);
  });

  it('says that it cannot save, stays closed meanwhile, and goes on when it can', async () => {
    const misconf = await server({ appendonly: 'no', save: '1 1', 'enable-protected-configs': 'yes' });
    const seen = await open({ url: misconf.url });
    assert.deepEqual(seen.problems, [undefined]);
    // A folder that cannot be written, also by root.
    await misconf.commands(['CONFIG', 'SET', 'dir', '/proc/sys'], ['BGSAVE']);
    await until(async () => String(await info(misconf)).includes('rdb_last_bgsave_status:err'));
    await assert.rejects(inbox!.put(event), { code: 'inbox_unavailable' });
    assert.equal(seen.problems.at(-1), 'redis_not_saving');
    await inbox!.close();
    const again = await open({ url: misconf.url });
    assert.deepEqual(again.problems, ['redis_not_saving'], 'was never open');
    await misconf.commands(['CONFIG', 'SET', 'dir', misconf.folder], ['CONFIG', 'SET', 'save', '']);
    await misconf.commands(['SAVE']);
    await again.until(() => again.problems.at(-1) === undefined);
    assert.equal(await inbox!.put(event), 'stored');
  });

  it('says that it is a replica', async () => {
    const { url } = await server({ replicaof: '127.0.0.1 1' });
    assert.deepEqual((await open({ url })).problems, ['redis_read_only']);
  });

  it('says that a user lacks rights, and that a password is missing', async () => {
    const { url } = await server({ user: 'reader on >secret ~* -@all +@read +@connection +info +config' });
    const seen = await open({ url, username: 'reader', password: 'secret' });
    assert.deepEqual(seen.problems, ['redis_denied']);
    await inbox!.close();
    const locked = await server({ requirepass: 'secret' });
    assert.deepEqual((await open({ url: locked.url })).problems, ['redis_login']);
  });

  it('says that too few replicas are there', async () => {
    const { url } = await server({ 'min-replicas-to-write': '1' });
    assert.deepEqual((await open({ url })).problems, ['redis_no_replicas']);
  });

  it('says that the URL names a database that it does not have', async () => {
    const { url } = await server({ databases: '4' });
    assert.deepEqual((await open({ url: `${url}/3` })).problems, [undefined]);
    await inbox!.close();
    assert.deepEqual((await open({ url: `${url}/4` })).problems, ['redis_database']);
  });

  it('says that it has as many connections as it allows', async () => {
    for (const maxclients of ['1', '2']) {
      const { url } = await server({ maxclients });
      const others = createConnection(Number(new URL(url).port), '127.0.0.1');
      await once(others, 'connect');
      assert.deepEqual((await open({ url })).problems, ['redis_connections'], maxclients);
      others.destroy();
      await inbox!.close();
    }
  });

  it('says that a key or certificate cannot be read', async () => {
    const { url } = await server();
    const tls = { cert: 'nonsense', key: 'nonsense' };
    assert.deepEqual((await open({ url, tls })).problems, ['redis_tls']);
  });

  for (const [what, ...harm] of [
    ['deletes everything, and goes on', ['FLUSHALL']],
    ['keeps something else under its names', ['FLUSHALL'], ['SET', 'onegevity:{test}:due', '1']],
    ['changes its numbers', ['HSET', 'onegevity:{test}:state', 'last', 'x', 'seen', 'y', 'bytes', 'z']],
  ] as [string, ...string[][]][])
    it(`says that another program ${what}`, async () => {
      const started = await server();
      const seen = await open({ url: started.url });
      await inbox!.put(event);
      const { id } = await seen.one();
      await started.commands(...harm);
      await inbox!.done(id).catch(() => undefined);
      await inbox!.put(event).catch(() => undefined);
      await seen.until(() => seen.problems.includes('redis_damaged'));
      if (harm.length > 1 || harm[0]![0] !== 'FLUSHALL') return;
      await seen.until(() => seen.problems.at(-1) === undefined);
      assert.equal(await inbox!.put(event), 'stored');
    });

  it('says that nobody answers', async () => {
    assert.deepEqual((await open({ url: 'redis://127.0.0.1:9' })).problems, ['redis_unreachable']);
    await inbox!.close();
    fake = createPlainServer((socket: Socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(fake, 'listening');
    const { port } = fake.address() as AddressInfo;
    assert.deepEqual((await open({ url: `redis://127.0.0.1:${port}` })).problems, ['redis_unreachable']);
  });

  it('says that it lacks a command', async () => {
    const { url } = await server({ 'rename-command': 'EVALSHA ""' });
    assert.deepEqual((await open({ url })).problems, ['redis_too_old']);
  });

  async function info(of: RedisServer): Promise<unknown> {
    return (await of.commands(['INFO', 'persistence']))[0];
  }

  async function until(holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
  }
});
