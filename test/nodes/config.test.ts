import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { format, inspect } from 'node:util';
import type { SinonSpy } from 'sinon';
import configNode from '../../src/nodes/onegevity-config';
import orderNode from '../../src/nodes/onegevity-order';
import packageNode from '../../src/nodes/onegevity-package';
import patientNode from '../../src/nodes/onegevity-patient';
import { authority, certificate, secureServer } from '../support/certificates';
import { ConnectProxy } from '../support/connect-proxy';
import { helper, messages, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { json, silent, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const core = ['common/25-catch', 'network/05-tls', 'network/06-httpproxy'].map(
  (name) => load(`@node-red/nodes/core/${name}.js`) as NodeModule,
);
const nodes = [configNode, patientNode, orderNode, packageNode, ...core];

describe('The config node', () => {
  const open: { stop(): Promise<void> }[] = [];
  useHelper();
  afterEach(async () => {
    for (const server of open.splice(0)) await server.stop();
  });
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    open.push(server);
    return server;
  };

  const credentials = { c: { clientId: 'id', clientSecret: 'secret' } };
  const flow = (server: TestServer, config: object = {}, more: object[] = [], node: object = {}) =>
    [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url, ...config },
      {
        id: 'n',
        z: 'tab',
        type: 'onegevity-patient',
        operation: 'patientDetails',
        config: 'c',
        wires: [['out']],
        ...node,
      },
      { id: 'out', z: 'tab', type: 'helper', wires: [] },
      { id: 'catcher', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ...more,
    ] as never[];
  const send = (msg: object = {}, id = 'n') =>
    helper.getNode(id).receive({ payload: { patientIdentifier: 'P1' }, ...msg });
  /** Sends a message. @returns the code it fails with, or undefined where it comes out */
  const outcome = async (msg?: object): Promise<string | undefined> => {
    const caught = nextMessage('caught').then(({ error }) => (error as { code: string }).code);
    const out = nextMessage('out').then(() => undefined);
    send(msg);
    return Promise.race([caught, out]);
  };
  const tls = (more: object = {}) => ({
    id: 'tls',
    type: 'tls-config',
    name: '',
    cert: '',
    key: '',
    ca: '',
    verifyservercert: true,
    ...more,
  });
  const proxyNode = (url: string, noproxy: string[] = []) => ({
    id: 'px',
    type: 'http proxy',
    name: '',
    url,
    noproxy,
  });

  it('uses a core tls-config node: an own CA and a client certificate', async () => {
    const options = { requestCert: true, rejectUnauthorized: true, ca: authority };
    const server = await started(secureServer('server', options));
    const { cert, key } = certificate('client');
    await helper.load(nodes, flow(server, { tls: 'tls' }, [tls()]), {
      ...credentials,
      tls: { cadata: authority, certdata: cert, keydata: key },
    });
    assert.equal(await outcome(), undefined);
    assert.deepEqual([server.tokens, server.apiRequests.length], [1, 1]);
  });

  it('verifies certificates also where a tls-config node says not to', async () => {
    const server = await started(secureServer('self-signed'));
    await helper.load(nodes, flow(server, { tls: 'tls' }, [tls({ verifyservercert: false })]), credentials);
    assert.equal(await outcome(), 'tls');
    assert.equal(server.requests.length, 0);
  });

  it('goes through a core http proxy node, unless the host is excepted', async () => {
    const server = await started(TestServer.start());
    const proxy = await started(ConnectProxy.start());
    const given = { ...credentials, px: { username: 'user', password: 'word' } };
    await helper.load(nodes, flow(server, { proxy: 'px' }, [proxyNode(proxy.url)]), given);
    assert.equal(await outcome(), undefined);
    assert.deepEqual(new Set(proxy.tunnels), new Set([`127.0.0.1:${server.port}`]));
    assert.equal(proxy.authorizations[0], `Basic ${Buffer.from('user:word').toString('base64')}`);
    assert.deepEqual([server.tokens, server.apiRequests.length], [1, 1]);

    await helper.unload();
    proxy.tunnels.length = 0;
    await helper.load(nodes, flow(server, { proxy: 'px' }, [proxyNode(proxy.url, ['127.0.0.1'])]), given);
    assert.equal(await outcome(), undefined);
    assert.deepEqual(proxy.tunnels, []);
  });

  it('shows no secret and no token where a node is copied, logged or looked into as a whole', async () => {
    const server = await started(TestServer.start());
    server.token = json(200, { access_token: 'CANARY-token', expires_in: 3600 });
    const names = ['clientSecret', 'webhookSecret', 'previousWebhookSecret', 'inboxKey', 'previousInboxKey'];
    const secrets = [...names, 'redisUrl', 'redisUser', 'redisPassword'].map((name) => [
      name,
      `CANARY-${name}`,
    ]);
    await helper.load(nodes, flow(server), { c: { clientId: 'id', ...Object.fromEntries(secrets) } });
    assert.equal(await outcome(), undefined);
    for (const id of ['c', 'n']) {
      const node = helper.getNode(id);
      const copies = [
        inspect(node, { depth: 10, showHidden: true }),
        format(
          '%o %j',
          node,
          Object.fromEntries(Object.entries(node).filter(([name]) => !name.startsWith('_'))),
        ),
        Object.keys(node).includes('credentials') ? 'CANARY' : '',
        JSON.stringify({ ...node }.credentials),
      ];
      assert.doesNotMatch(copies.join(), /CANARY/, id);
    }
    const { credentials: own } = helper.getNode('c') as { credentials?: { webhookSecret?: string } };
    assert.equal(own?.webhookSecret, 'CANARY-webhookSecret', 'for those who ask by name');
  });

  for (const name of ['tls', 'proxy']) {
    it(`sends nothing where the ${name} node that it links to is missing`, async () => {
      const server = await started(TestServer.start());
      await helper.load(nodes, flow(server, { [name]: 'gone' }), credentials);
      assert.equal(await outcome(), 'linked_node_missing');
      assert.equal(server.requests.length, 0);
    });
  }

  it('asks for one token for all nodes and 1,000 cold messages', async () => {
    const server = await started(TestServer.start());
    server.answers = [json(200, { orderIdentifier: 'O1' })];
    const second = { id: 'n2', z: 'tab', type: 'onegevity-order', config: 'c', wires: [['out']] };
    const fields = { orderIdentifier: { type: 'str', value: 'O1' } };
    await helper.load(
      nodes,
      flow(server, {}, [{ ...second, operation: 'patientOrderDetails', fields }]),
      credentials,
    );
    const all = messages('out', 1000);
    for (let index = 0; index < 500; index++) {
      send();
      send({}, 'n2');
    }
    await all;
    assert.deepEqual([server.tokens, server.apiRequests.length], [1, 1000]);
  });

  it('asks for the four scopes of the UI-Kit by default', async () => {
    const server = await started(TestServer.start());
    await helper.load(nodes, flow(server), credentials);
    await outcome();
    assert.equal(scopeOf(server), 'packages_read surveys_read patients_read patients_write');
  });

  for (const [scopes, asked] of [
    ['none', null],
    ['patients_read fulfillment', 'patients_read fulfillment'],
    [['fulfillment'], 'fulfillment'],
  ] as const) {
    it(`asks for the scopes ${JSON.stringify(scopes)}`, async () => {
      const server = await started(TestServer.start());
      await helper.load(nodes, flow(server, { scopes }), credentials);
      await outcome();
      assert.equal(scopeOf(server), asked);
    });
  }

  it('asks with `minimal` for what all wired nodes need, once they are all there', async () => {
    const server = await started(TestServer.start());
    const more = [
      { id: 'p', z: 'tab', type: 'onegevity-package', operation: 'listPackages', config: 'c', wires: [] },
      { id: 'w', z: 'tab', type: 'onegevity-patient', operation: 'updatePatient', config: 'c', wires: [] },
      { id: 'other', type: 'onegevity-config' },
      {
        id: 'x',
        z: 'tab',
        type: 'onegevity-package',
        operation: 'packageDetails',
        config: 'other',
        wires: [],
      },
    ];
    await helper.load(nodes, flow(server, { scopes: 'minimal' }, more), credentials);
    assert.equal(await outcome(), undefined);
    assert.equal(scopeOf(server), 'packages_read patients_read patients_write');
    assert.equal(server.tokens, 1);
  });

  it('asks with `minimal` for patients_read too where an order needs an existing patient', async () => {
    const server = await started(TestServer.start());
    const order = { type: 'onegevity-order', operation: 'createPatientOrder', patientMustExist: true };
    await helper.load(nodes, flow(server, { scopes: 'minimal' }, [], order), credentials);
    const payload = { patientIdentifier: 'P1', ...validOrder };
    server.answers = [json(200, payload)];
    assert.equal(await outcome({ payload }), undefined);
    assert.equal(scopeOf(server), 'patients_read patients_write');
    assert.deepEqual(
      server.apiRequests.map(({ method }) => method),
      ['GET', 'POST'],
    );
  });

  for (const [lacking, config, given, code] of [
    ['credentials', {}, {}, 'missing_credentials'],
    ['a variable of a credential', {}, { clientId: 'id', clientSecret: '${OG_NOT_THERE}' }, 'env_not_set'],
    ['the proxy that it names', { proxy: 'gone' }, credentials.c, 'linked_node_missing'],
    ['the certificate that it names', { tls: 'gone' }, credentials.c, 'linked_node_missing'],
    ['a variable of its scopes', { scopes: '${OG_NOT_THERE}' }, credentials.c, 'env_not_set'],
    ['a usable token path', { tokenPath: '//elsewhere' }, credentials.c, 'bad_base_url'],
  ] as const) {
    it(`makes the nodes that call with it red at the deploy where it lacks ${lacking}`, async () => {
      const server = await started(TestServer.start());
      await helper.load(nodes, flow(server, config), { c: { ...given } });
      const { status } = helper.getNode('n') as unknown as { status: SinonSpy };
      const last = status.lastCall?.args[0] as { fill: string; text: string };
      assert.deepEqual([last?.fill, last?.text.split('.').at(-1)], ['red', code]);
      assert.equal(await outcome(), code, 'and so do messages fail');
      assert.deepEqual(server.requests, []);
    });
  }

  it('passes refused scopes on as an error of their own', async () => {
    const server = await started(TestServer.start());
    server.token = json(400, { error: 'invalid_scope' });
    await helper.load(nodes, flow(server, { scopes: 'nonsense' }), credentials);
    assert.equal(await outcome(), 'invalid_scope');
    const { status } = helper.getNode('n') as unknown as { status: SinonSpy };
    assert.match(JSON.stringify(status.lastCall.args), /status\.invalid_scope/);
  });

  it('ends a call after msg.requestTimeout, and ignores one that is no number', async () => {
    const server = await started(TestServer.start());
    server.answers = [silent];
    const update = { operation: 'updatePatient' };
    await helper.load(nodes, flow(server, { timeout: 800 }, [], update), credentials);
    const payload = { patientIdentifier: 'P1', firstName: 'x' };
    for (const [requestTimeout, atLeast] of [
      [30, 0],
      ['30', 0],
      ['soon', 790],
      [-1, 790],
      [Number.NaN, 790],
    ]) {
      const began = performance.now();
      assert.equal(await outcome({ payload, requestTimeout }), 'timeout');
      const took = performance.now() - began;
      assert.equal(
        took >= Number(atLeast) && (atLeast !== 0 || took < 790),
        true,
        `${requestTimeout}: ${took}`,
      );
    }
  });
});

function scopeOf(server: TestServer): string | null {
  const request = server.requests.find(({ url }) => url === '/oauth/token');
  return new URLSearchParams(request?.body).get('scope');
}

const address = { streetAddress1: '1', city: 'c', region: 'NY', country: 'US', postalCode: '0' };
const validOrder = {
  orderIdentifier: 'O1',
  packageIdentifier: 'BIO-AGE',
  patientInformation: {
    firstName: 'a',
    lastName: 'b',
    gender: 'UNKNOWN',
    dateOfBirth: '1990-01-01',
    email: 'a@example.com',
    phoneNumber: '1',
    address,
  },
};
