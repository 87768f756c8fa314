import assert from 'node:assert/strict';
import type { InboxView } from '../../src/nodes/admin/inbox-view';
import { Keyring } from '../../src/lib/inbox/keyring';
import { authority, secureServer } from '../support/certificates';
import { json, silent, TestServer } from '../support/http-server';
import { eventBody, inboxKey } from '../support/inbox-flow';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';
import { order, post, signed } from '../support/webhook';

type Deploy = 'nodes' | 'flows' | 'full';
const deploys: readonly Deploy[] = ['nodes', 'flows', 'full'];

/** Subflow instances `one` and `two`, whose nodes name configurations `a` and `b`; the tab `vars` names `a` by its own. */
const prefixes = { one: 'one-s-', two: 'two-s-', vars: 'v-' } as const;
type Place = keyof typeof prefixes;
const placesOfA = ['one', 'vars'] as const;

describe('A configuration that nodes name by a variable', function () {
  this.timeout(60_000);
  let api: TestServer;
  let nodeRed: NodeRed;
  /** Whether no event is marked as done. */
  let held = false;

  before(async () => {
    api = await TestServer.start();
    nodeRed = await startNodeRed({
      flows: [...flow(), tls('c1'), tls('c2')],
      env: { CERTIFICATES: 'c1' },
    });
  });
  after(async () => {
    await nodeRed.stop();
    await api.stop();
  });
  beforeEach(async () => {
    await nodeRed.deploy(flow({ credentials: credentialsOf('a') }, { credentials: credentialsOf('b') }));
    api.requests.length = 0;
    api.answers = [json(200, {})];
  });

  const credentialsOf = (name: string, more: object = {}): object => ({
    clientId: `client-${name}`,
    clientSecret: 'secret',
    webhookSecret: `webhook-${name}`,
    inboxKey,
    ...more,
  });

  /** One node of each type. */
  const nodesOn = (z: string, prefix: string): FlowNode[] => {
    const node = (id: string, type: string, more: object): FlowNode => ({
      id: prefix + id,
      type,
      z,
      x: 0,
      y: 0,
      wires: [],
      ...more,
    });
    const ours = (id: string, type: string, more: object): FlowNode =>
      node(id, `onegevity-${type}`, { config: '${ACCOUNT}', wires: [[`${prefix}result`], []], ...more });
    return [
      ours('hook', 'webhook', {
        path: '${HOOK}',
        topics: ['order.created'],
        inbox: 'disk',
        wires: [[`${prefix}event`], []],
      }),
      node('event', 'test-probe', { label: '${EVENT}', wires: [held ? [] : [`${prefix}done`]] }),
      node('done', 'onegevity-done', {}),
      ours('call', 'patient', { operation: 'patientDetails' }),
      ours('request', 'request', { method: 'GET', fields: { path: { type: 'str', value: '/packages' } } }),
      ours('kit', 'ui-kit', { path: '${KIT}', publicUrl: 'http://127.0.0.1:1880' }),
      node('result', 'test-probe', { label: '${RESULT}' }),
      node('catch', 'catch', { scope: null, wires: [[`${prefix}caught`]] }),
      node('caught', 'test-probe', { label: '${CAUGHT}' }),
    ];
  };
  const env = (name: string, account: string): object[] => [
    { name: 'ACCOUNT', type: 'conf-type', value: account },
    ...Object.entries({
      HOOK: `/${name}`,
      KIT: `/kit-${name}`,
      EVENT: `${name}-event`,
      RESULT: `${name}-result`,
      CAUGHT: `${name}-caught`,
    }).map(([key, value]) => ({ name: key, type: 'str', value })),
  ];
  const instance = (id: string, account: string): FlowNode => ({
    id,
    type: 'subflow:sf',
    z: 'tab',
    x: 0,
    y: 0,
    env: env(id, account),
    wires: [],
  });
  const config = (id: string, more: object): FlowNode => ({
    id,
    type: 'onegevity-config',
    environment: 'custom',
    baseUrl: api.url,
    ...more,
  });

  const tls = (id: string, credentials?: object): FlowNode => ({
    id,
    type: 'tls-config',
    cert: '',
    key: '',
    ca: '',
    verifyservercert: true,
    ...(credentials ? { credentials } : {}),
  });

  /** @param a what configuration `a` has beside its base URL; null leaves it out */
  function flow(a: object | null = {}, b: object = {}): FlowNode[] {
    return [
      { id: 'tab', type: 'tab', label: 'Test' },
      { id: 'vars', type: 'tab', label: 'Variables', env: env('vars', 'a') },
      { id: 'sf', type: 'subflow', name: 'Clinic', in: [], out: [], env: env('none', '') },
      ...nodesOn('sf', 's-'),
      instance('one', 'a'),
      instance('two', 'b'),
      ...nodesOn('vars', 'v-'),
      ...(a ? [config('a', a)] : []),
      config('b', b),
    ];
  }

  const deliver = async (place: Place, secret: string, body = order): Promise<number> =>
    (await post(`${nodeRed.url}/${place}/order.created`, body, { signature: signed(body, secret) })).status;
  const give = (place: Place, node: string): Promise<unknown> =>
    nodeRed.evaluate(
      `void RED.nodes.getNode('${prefixes[place]}${node}').receive({ payload: { patientIdentifier: 'P1' } })`,
    );
  const ends = (place: Place) =>
    nodeRed.messages.filter(({ label }) => [`${place}-result`, `${place}-caught`].includes(label));
  /** Sends a message to a node. @returns the message that came out of it, or of the Catch node */
  const send = async (place: Place, node: string): Promise<Record<string, unknown>> => {
    const before = ends(place).length;
    await give(place, node);
    const end = await nodeRed.waitFor(() => ends(place)[before], `an end of ${place} ${node}`);
    return end.msg as Record<string, unknown>;
  };
  const codeOf = (msg: Record<string, unknown>): string | undefined =>
    (msg.error as { code?: string } | undefined)?.code;
  /** The codes with which calls of all kinds of node end. */
  const codes = async (places: readonly Place[] = placesOfA): Promise<(string | undefined)[]> => {
    const found = new Set<string | undefined>();
    for (const place of places)
      for (const node of ['call', 'request', 'kit']) found.add(codeOf(await send(place, node)));
    return [...found];
  };
  /** Who asked for tokens since the last time. */
  const clients = (): string[] => {
    const asked = api.requests.splice(0).filter(({ url }) => url === '/oauth/token');
    const basic = asked.map(({ headers }) => headers.authorization!.replace('Basic ', ''));
    return [...new Set(basic.map((text) => Buffer.from(text, 'base64').toString().split(':')[0]!))];
  };
  const statusOf = (place: Place, node: string) => nodeRed.status(prefixes[place] + node)?.text;
  const inboxOf = async (place: Place): Promise<InboxView & { ok: boolean }> =>
    (await (await fetch(`${nodeRed.url}/onegevity/inbox/${prefixes[place]}hook`)).json()) as InboxView & {
      ok: boolean;
    };

  for (const type of deploys) {
    it(`refuses the old webhook secret and takes the new one after a deploy of "${type}"`, async () => {
      for (const place of placesOfA) assert.equal(await deliver(place, 'webhook-a'), 200);
      await nodeRed.deploy(flow({ credentials: credentialsOf('a', { webhookSecret: 'new' }) }), type);
      for (const place of placesOfA) {
        assert.equal(await deliver(place, 'webhook-a'), 401, place);
        assert.equal(await deliver(place, 'new'), 200, place);
      }
      assert.equal(await deliver('two', 'webhook-b'), 200, 'the other configuration is as it was');
    });

    it(`calls with the new credentials, never with the old token, after a deploy of "${type}"`, async () => {
      assert.deepEqual(await codes(), [undefined]);
      assert.deepEqual(clients(), ['client-a']);
      api.token = json(200, { access_token: `new-${type}`, expires_in: 3600 });
      await nodeRed.deploy(flow({ credentials: credentialsOf('a', { clientId: 'client-new' }) }), type);
      assert.deepEqual(await codes(), [undefined]);
      assert.ok(api.apiRequests.length > 0);
      for (const { headers } of api.apiRequests) assert.equal(headers.authorization, `Bearer new-${type}`);
      assert.deepEqual(clients(), ['client-new']);
      const { payload } = await send('one', 'kit');
      assert.equal((payload as { clientId: string }).clientId, 'client-new');
    });

    it(`ends with no_config where it was deleted, and works when it is back, after a deploy of "${type}"`, async () => {
      assert.deepEqual(await codes(), [undefined]);
      await nodeRed.deploy(flow(null), type);
      assert.deepEqual(await codes(), ['no_config']);
      for (const place of placesOfA) {
        assert.equal(await deliver(place, 'webhook-a'), 401);
        assert.equal(statusOf(place, 'call'), 'no configuration', place);
      }
      assert.deepEqual(await codes(['two']), [undefined]);
      await nodeRed.deploy(flow({ credentials: credentialsOf('a') }), type);
      assert.deepEqual(await codes(), [undefined]);
      for (const place of placesOfA) assert.equal(await deliver(place, 'webhook-a'), 200);
    });

    it(`ends with no_config while it is disabled, after a deploy of "${type}"`, async () => {
      await nodeRed.deploy(flow({ d: true }), type);
      assert.deepEqual(await codes(), ['no_config']);
      assert.equal(await deliver('one', 'webhook-a'), 401);
      await nodeRed.deploy(flow({}), type);
      assert.deepEqual(await codes(), [undefined]);
      assert.equal(await deliver('one', 'webhook-a'), 200);
    });
  }

  it('is the new environment everywhere after a switch from the sandbox', async () => {
    const targets = async (): Promise<string[]> => {
      const answer = await fetch(`${nodeRed.url}/onegevity/sandbox/sandbox/state`);
      return [...new Set((await answer.text()).match(/\/(?:one|two|vars)\/order\.created/g))].sort();
    };
    await nodeRed.deploy(flow({ environment: 'sandbox' }), 'nodes');
    await nodeRed.waitForStatus('one-s-call', ({ text }) => (text ?? '').includes('sandbox'));
    await nodeRed.waitForStatus('v-hook', ({ text }) => (text ?? '').includes('sandbox'));
    for (let tries = 0; (await targets()).length < 2 && tries < 100; tries++);
    assert.deepEqual(await targets(), ['/one/order.created', '/vars/order.created']);
    assert.equal(await deliver('one', 'webhook-a'), 401, 'the sandbox has a secret of its own');
    await nodeRed.deploy(flow({ environment: 'custom' }), 'nodes');
    assert.deepEqual(await targets(), []);
    assert.equal(await deliver('one', 'webhook-a'), 200);
    assert.doesNotMatch(statusOf('one', 'call') ?? '', /sandbox/);
    assert.doesNotMatch(statusOf('vars', 'hook') ?? '', /sandbox/);
    const { payload, onegevity } = await send('vars', 'kit');
    assert.equal((payload as { ogBasePath: string }).ogBasePath, api.url);
    assert.equal((onegevity as { environment: string }).environment, 'custom');
  });

  it('ends a call that is under way with aborted, once, and the next one works', async () => {
    api.answers = [silent];
    const before = ends('one').length;
    await give('one', 'call');
    for (let tries = 0; api.apiRequests.length === 0 && tries < 1000; tries++) await nodeRed.evaluate('1');
    await nodeRed.deploy(flow({ credentials: credentialsOf('a', { clientId: 'client-new' }) }), 'nodes');
    api.answers = [json(200, {})];
    assert.equal(codeOf(await send('one', 'call')), undefined);
    assert.deepEqual(
      ends('one')
        .slice(before)
        .map(({ msg }) => codeOf(msg as Record<string, unknown>)),
      ['aborted', undefined],
    );
  });

  it('makes a message wait that comes while a deploy replaces it', async () => {
    const before = ends('one').length;
    await nodeRed.evaluate(`void RED.events.once('flows:stopped', () => {
      for (const name of ['call', 'request', 'kit'])
        RED.nodes.getNode('one-s-' + name).receive({ payload: { patientIdentifier: 'P1' } });
    })`);
    await nodeRed.deploy(flow({ credentials: credentialsOf('a', { clientId: 'client-new' }) }), 'nodes');
    await nodeRed.waitFor(() => ends('one')[before + 2], 'three ends');
    const found = ends('one').slice(before);
    assert.deepEqual(
      found.map(({ msg }) => codeOf(msg as Record<string, unknown>)),
      [undefined, undefined, undefined],
    );
    assert.deepEqual(clients(), ['client-new']);
  });

  it('is asked for the scopes of the nodes that name it by a variable', async () => {
    for (const credentials of [{}, { credentials: credentialsOf('a') }]) {
      api.requests.length = 0;
      await nodeRed.deploy(flow({ scopes: 'minimal', ...credentials }), 'nodes');
      assert.equal(codeOf(await send('one', 'call')), undefined);
      const [asked] = api.requests.filter(({ url }) => url === '/oauth/token');
      assert.equal(new URLSearchParams(asked!.body).get('scope'), 'patients_read');
    }
  });

  it('works again when it is restored, also for nodes that name it by its id', async () => {
    const literal = (a: object | null): FlowNode[] =>
      flow(a).map((node) => (node.config && node.z === 'vars' ? { ...node, config: 'a' } : node));
    await nodeRed.deploy(literal({}));
    await nodeRed.deploy(literal(null), 'nodes');
    assert.deepEqual(await codes(), ['no_config']);
    await nodeRed.deploy(literal({ credentials: credentialsOf('a') }), 'nodes');
    assert.deepEqual(await codes(), [undefined]);
    for (const place of placesOfA) assert.equal(await deliver(place, 'webhook-a'), 200);
  });

  it('that is deleted is named as what is missing, not a webhook secret', async () => {
    const from = nodeRed.log.length;
    await nodeRed.deploy(flow(null), 'nodes');
    await nodeRed.waitForStatus('v-hook', ({ text }) => text === 'no configuration');
    assert.doesNotMatch(nodeRed.log.slice(from), /no webhook secret/i);
    assert.match(
      nodeRed.log.slice(from),
      /\[error\] \[onegevity-webhook:v-hook\] No Onegevity configuration/,
    );
  });

  it('opens the inbox with its new key, and done nodes end the deliveries of both', async () => {
    held = true;
    await nodeRed.deploy(flow(), 'nodes');
    const seen = nodeRed.messagesOf('one-event').length;
    assert.equal(await deliver('one', 'webhook-a', eventBody(77)), 200);
    await nodeRed.waitForMessages('one-event', seen + 1);
    const keys = { inboxKey: Keyring.generate(), previousInboxKey: inboxKey };
    await nodeRed.deploy(flow({ credentials: credentialsOf('a', keys) }), 'nodes');
    held = false;
    const [, again] = (await nodeRed.waitForMessages('one-event', seen + 2)).slice(seen);
    assert.deepEqual((again!.msg as { payload: object }).payload, JSON.parse(eventBody(77)));
    assert.equal(await deliver('one', 'webhook-a', eventBody(78)), 200);
    const [, , next] = (await nodeRed.waitForMessages('one-event', seen + 3)).slice(seen);
    for (const found of [again, next])
      await nodeRed.evaluate(`void RED.nodes.getNode('one-s-done').receive(${JSON.stringify(found!.msg)})`);
    const counts = async () => {
      const { waiting, inFlight, unreadable } = (await inboxOf('one')).stats;
      return [waiting, inFlight, unreadable];
    };
    for (let tries = 0; (await counts())[1]! > 0 && tries < 200; tries++);
    assert.deepEqual(await counts(), [0, 0, 0]);
  });

  describe('uses the node with certificates that it names', () => {
    let secure: TestServer;
    before(async () => {
      secure = await secureServer('server');
    });
    after(() => secure.stop());

    for (const [how, name] of [
      ['by a variable', '${CERTIFICATES}'],
      ['by its id', 'c1'],
    ] as const) {
      it(`${how}, as it is after each deploy of modified nodes`, async () => {
        const call = async () => codeOf(await send('one', 'call'));
        const a = { baseUrl: secure.url, tls: name };
        const trusting = tls('c1', { cadata: authority });
        await nodeRed.deploy([...flow({ ...a, credentials: credentialsOf('a') }), tls('c1', { cadata: '' })]);
        assert.equal(await call(), 'tls');
        await nodeRed.deploy([...flow(a), trusting], 'nodes');
        assert.equal(await call(), undefined);
        await nodeRed.deploy(flow(a), 'nodes');
        await nodeRed.waitForStatus('one-s-call', ({ text }) => text === 'linked node missing');
        assert.equal(await call(), 'linked_node_missing');
        await nodeRed.deploy([...flow(a), trusting], 'nodes');
        await nodeRed.waitForStatus('one-s-call', ({ text }) => text === undefined);
        assert.equal(await call(), undefined);
      });
    }

    it('for the inbox in Redis too, where it comes back', async () => {
      const inRedis = (more: readonly FlowNode[]): FlowNode[] => [
        ...flow({ redisTls: 'c1' }).map((node) =>
          node.type === 'onegevity-webhook' ? { ...node, inbox: 'redis' } : node,
        ),
        ...more,
      ];
      const credentials = credentialsOf('a', { redisUrl: 'rediss://127.0.0.1:1' });
      await nodeRed.deploy(
        inRedis([tls('c1')]).map((node) => (node.id === 'a' ? { ...node, credentials } : node)),
      );
      await nodeRed.waitForStatus('v-hook', ({ text }) => (text ?? '').includes('Redis'));
      const reachedFor = statusOf('vars', 'hook');
      await nodeRed.deploy(inRedis([]), 'nodes');
      await nodeRed.waitForStatus('v-hook', ({ text }) => text === 'linked node missing');
      await nodeRed.deploy(inRedis([tls('c1')]), 'nodes');
      await nodeRed.waitForStatus('v-hook', ({ text }) => text === reachedFor);
    });
  });

  it('reads a secret from a variable of any type, and names the one that holds no text', async () => {
    const types = [
      ['number', 'num', '4711', '4711'],
      ['truth', 'bool', 'true', 'true'],
      ['long', 'num', '12345678901234567890', undefined],
      ['object', 'json', '{"secret":"4711"}', undefined],
    ] as const;
    const tabs = types.flatMap(([name, type, value]): FlowNode[] => [
      { id: name, type: 'tab', label: name, env: [{ name: 'SECRET', type, value }] },
      {
        ...config(`c-${name}`, { credentials: { webhookSecret: '${SECRET}' } }),
        z: name,
      },
      {
        id: `h-${name}`,
        type: 'onegevity-webhook',
        z: name,
        x: 0,
        y: 0,
        config: `c-${name}`,
        path: `/typed-${name}`,
        wires: [],
      },
    ]);
    await nodeRed.deploy([...flow(), ...tabs], 'nodes');
    for (const [name, , , secret] of types) {
      const url = `${nodeRed.url}/typed-${name}`;
      const { status } = await post(url, order, { signature: signed(order, secret ?? '4711') });
      assert.equal(status, secret ? 200 : 401, name);
      if (secret) assert.notEqual(nodeRed.status(`h-${name}`)?.fill, 'red', name);
      else assert.equal(nodeRed.status(`h-${name}`)?.text, 'variable not text', name);
    }
    assert.match(nodeRed.log, /The variable of the setting webhookSecret doesn't contain text/);
  });
});
