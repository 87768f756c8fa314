import assert from 'node:assert/strict';
import {
  eventBody,
  hold,
  inboxFlow,
  inboxKey,
  probe,
  sendEvents,
  viewInbox,
  waitUntilEmpty,
  type Way,
} from '../support/inbox-flow';
import { numbers } from '../support/inbox-suite';
import { type NodeRed, type NodeRedOptions, startNodeRed } from '../support/node-red';
import { hasRedis, RedisServer } from '../support/redis-server';
import { post, secret } from '../support/webhook';

/** Takes some milliseconds, so that at any moment some events are in the flow. */
const taking = (timeout: string): Way => [
  { ...probe, wires: [['work']] },
  {
    id: 'work',
    type: 'delay',
    z: 'tab',
    pauseType: 'delay',
    timeout,
    timeoutUnits: 'milliseconds',
    wires: [['done']],
  },
];
const work = taking('20');

describe('the inbox in Redis on real Node-REDs', function () {
  // Up to three processes start at a time.
  this.timeout(60_000);
  let server: RedisServer;
  let running: NodeRed[] = [];

  before(function () {
    if (!hasRedis) this.skip();
  });
  afterEach(async () => {
    await Promise.all(running.map((nodeRed) => nodeRed.stop('SIGKILL')));
    running = [];
    await server?.remove();
  });

  async function start(
    way: Way,
    properties: Record<string, unknown> = {},
    credentials: Record<string, string> = {},
    options: NodeRedOptions = {},
  ): Promise<NodeRed> {
    const nodeRed = await startNodeRed({
      flows: inboxFlow({ inbox: 'redis', ...properties }, way),
      credentials: { config: { webhookSecret: secret, inboxKey, redisUrl: server.url, ...credentials } },
      ...options,
    });
    running.push(nodeRed);
    return nodeRed;
  }

  const send = (nodeRed: NodeRed, id: number) => post(`${nodeRed.url}/hook/order.created`, eventBody(id));
  const emissions = (nodeRed: NodeRed) =>
    nodeRed.messagesOf('event').map(({ msg }) => ({
      id: msg.payload.id as number,
      redelivered: msg.onegevity.delivery.redelivered as boolean,
    }));

  /** Everything accepted was emitted, and nothing for a second time without its mark. */
  function complete(accepted: readonly number[]): void {
    const all = running.flatMap(emissions);
    const seen = new Set(all.map(({ id }) => id));
    assert.deepEqual(
      accepted.filter((id) => !seen.has(id)),
      [],
    );
    const unmarked = all.filter(({ redelivered }) => !redelivered).map(({ id }) => id);
    assert.equal(unmarked.length, new Set(unmarked).size);
  }

  it('emits on one what another received, and ends it on a third hand', async () => {
    server = await RedisServer.start();
    const [one, other] = await Promise.all([start([hold]), start([hold])]);
    assert.equal((await send(one, 1)).status, 200);
    const emitter = await Promise.race(
      running.map(async (nodeRed) => {
        await nodeRed.waitForMessages('event');
        return nodeRed;
      }),
    );
    const { id, attempt } = emitter.messagesOf('event')[0]!.msg.onegevity.delivery as {
      id: string;
      attempt: number;
    };
    const ender = emitter === one ? other : one;
    assert.equal((await viewInbox(ender)).stats.inFlight, 1);
    const message = JSON.stringify({ onegevity: { delivery: { id, attempt } } });
    await ender.evaluate(`RED.nodes.getNode('done').receive(${message})`);
    await waitUntilEmpty(emitter);
    assert.equal(running.flatMap(emissions).length, 1);
    assert.doesNotMatch(one.log, /appendfsync/);
  });

  it('does everything when one is killed and one is paused for longer than the visibility timeout', async () => {
    server = await RedisServer.start();
    const properties = { visibilityTimeout: 2, maxAttempts: 1000 };
    const [killed, paused, last] = await Promise.all([
      start(work, properties),
      // Slow enough to hold for certain what it has emitted when it is paused.
      start(taking('1000'), properties),
      start(work, properties),
    ]);
    const toKilled = sendEvents(killed.port, numbers(200));
    const toLast = sendEvents(
      last.port,
      numbers(400).map((id) => id + 1000),
    );
    await paused.waitForMessages('event', 20);
    paused.process.kill('SIGSTOP');
    const held = new Set(emissions(paused).map(({ id }) => id));
    await killed.waitForMessages('event', 20);
    await killed.stop('SIGKILL');
    const accepted = [...(await toKilled).accepted, ...(await toLast).accepted];
    // What the paused one holds counts until another has taken it over and dealt with it.
    await waitUntilEmpty(last, 30_000);
    assert.ok(emissions(last).some(({ id, redelivered }) => redelivered && held.has(id)));
    paused.process.kill('SIGCONT');
    await waitUntilEmpty(paused, 30_000);
    complete(accepted);
    assert.equal((await viewInbox(last)).stats.dead, 0);
  });

  it('refuses while Redis is away, goes on by itself, and has lost nothing', async () => {
    server = await RedisServer.start();
    const nodeRed = await start(work);
    const sending = sendEvents(nodeRed.port, numbers(300));
    await nodeRed.waitForMessages('event', 50);
    await server.kill();
    // The refusals that follow take its place at once.
    await nodeRed.waitFor(
      () =>
        nodeRed.statuses.find(({ status }) => status.fill === 'red' && status.text === 'Redis unreachable'),
      'red and unavailable',
    );
    const { accepted } = await sending;
    const answer = await send(nodeRed, 2000);
    assert.equal(answer.status, 503);
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
    await server.start();
    await nodeRed.waitForStatus('hook', ({ fill }) => fill !== 'red');
    assert.equal((await send(nodeRed, 2001)).status, 200);
    await waitUntilEmpty(nodeRed);
    assert.ok(accepted.length > 0);
    complete([...accepted, 2001]);
  });

  it('says that the password is wrong, and shows no secret anywhere', async () => {
    server = await RedisServer.start({ requirepass: 'another', appendfsync: 'everysec' });
    const canaries = ['CANARY-user', 'CANARY-password', 'CANARY-in-url'];
    const nodeRed = await start(
      [probe],
      {},
      {
        redisUrl: `redis://someone:${canaries[2]!}@127.0.0.1:${server.port}`,
        redisUser: canaries[0]!,
        redisPassword: canaries[1]!,
      },
    );
    await nodeRed.waitForStatus('hook', ({ fill, text }) => fill === 'red' && text === 'Redis login failed');
    assert.equal((await send(nodeRed, 1)).status, 503);
    await nodeRed.stop();
    const shown = nodeRed.log + JSON.stringify(nodeRed.statuses);
    assert.doesNotMatch(shown, /CANARY|someone/);
    assert.ok(!shown.includes(inboxKey));
  });

  it('warns once where Redis does not keep what it acknowledges', async () => {
    server = await RedisServer.start({ appendfsync: 'everysec' });
    const nodeRed = await start([probe]);
    await nodeRed.waitForLog(/Set "appendonly yes" and "appendfsync always" in Redis/);
    assert.equal((await send(nodeRed, 1)).status, 200);
    await waitUntilEmpty(nodeRed);
  });

  it('says what to install where the Redis client is missing', async () => {
    server = await RedisServer.start();
    const missing = `export function resolve(name, context, next) {
      if (name === 'redis') throw new Error('not found');
      return next(name, context);
    }`;
    const hook = `import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(missing)}));`;
    const env = { NODE_OPTIONS: `--import "data:text/javascript,${encodeURIComponent(hook)}"` };
    const nodeRed = await start([probe], {}, {}, { env });
    await nodeRed.waitForStatus('hook', ({ fill, text }) => fill === 'red' && text === 'redis not installed');
    await nodeRed.waitForLog(/npm install redis@6/);
    assert.equal((await send(nodeRed, 1)).status, 503);
  });
});
