import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import configNode from '../../src/nodes/onegevity-config';
import requestNode from '../../src/nodes/onegevity-request';
import { helper, nextMessage, type NodeModule, useHelper } from '../support/helper';
import { json, TestServer } from '../support/http-server';

const catchNode = createRequire(__filename)('@node-red/nodes/core/common/25-catch.js') as NodeModule;
const credentials = { c: { clientId: 'id', clientSecret: 'secret' } };

describe('The request node', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  const load = (node: object) =>
    helper.load(
      [configNode, requestNode, catchNode],
      [
        { id: 'tab', type: 'tab' },
        { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url } as never,
        { id: 'n', z: 'tab', type: 'onegevity-request', config: 'c', wires: [['out']], ...node } as never,
        { id: 'out', z: 'tab', type: 'helper', wires: [] },
        { id: 'catcher', z: 'tab', type: 'catch', scope: null, wires: [['caught']] } as never,
        { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ],
      credentials,
    );

  it('calls a path below /api/v1 with its query', async () => {
    server.answers = [json(200, { ok: true })];
    await load({
      fields: {
        path: { type: 'msg', value: 'payload.path' },
        query: { type: 'json', value: '{"pageSize": 5, "note": "a&b"}' },
      },
    });
    const out = nextMessage('out');
    helper.getNode('n').receive({ payload: { path: '/patients/A%2FB' } });
    const msg = await out;
    assert.deepEqual(msg.payload, { ok: true });
    assert.equal(server.requests.at(-1)?.url, '/api/v1/patients/A%2FB?pageSize=5&note=a%26b');
  });

  it('sends each value of a name that comes twice in the query', async () => {
    await load({
      fields: {
        path: { type: 'str', value: '/orders' },
        query: { type: 'str', value: 'status=A&status=B&none=' },
      },
    });
    const out = nextMessage('out');
    helper.getNode('n').receive({ payload: {} });
    await out;
    assert.equal(server.requests.at(-1)?.url, '/api/v1/orders?status=A&status=B');
  });

  for (const path of [
    'https://elsewhere.example/x',
    '//elsewhere.example/x',
    '/\\elsewhere.example/x',
    '@elsewhere.example/x',
    '/../../oauth/token',
    '/patients/%2e%2e/x',
    '/patients/..%2f..%2fx',
    '/..;/..;x=1/oauth/token',
    '/patients/..%3b/x',
    '/patients/',
    '/patients//orders',
    '/patients/;x',
    '/',
    '/patients/\ud800',
    '/patients?x=1',
    '/patients#x',
    '/pati ents',
    '/patients\r\nHost: elsewhere.example',
    'patients',
  ]) {
    it(`sends nothing for ${JSON.stringify(path)}: the token goes to the configured root only`, async () => {
      await load({ fields: { path: { type: 'msg', value: 'payload' } } });
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload: path });
      assert.equal(((await caught).error as { code: string }).code, 'bad_path');
      assert.deepEqual(server.requests, []);
    });
  }
});
