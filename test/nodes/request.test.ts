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

  for (const [path, code] of [
    ['/patients/SB-000001%20/orders', 'bad_identifier'],
    ['/patients/SB-000001%0D', 'bad_identifier'],
    ['/patients/SB-000001%E2%80%8B', 'bad_identifier'],
    ['/patients/undefined/orders', 'bad_identifier'],
    ['/patients/null', 'bad_identifier'],
    ['/patients/NaN', 'bad_identifier'],
    ['/patients/{patientIdentifier}', 'bad_identifier'],
    ['/patients/${PATIENT}', 'bad_identifier'],
    ['/patients/{{payload.id}}', 'bad_identifier'],
    ['/patients/[object%20Object]', 'bad_identifier'],
    ['/patients/SB-000001 ', 'bad_path'],
    ['/patients/SB-000001\r', 'bad_path'],
    ['/patients/SB-000001\u00a0', 'bad_path'],
    ['/patients/.', 'bad_path'],
    ['/patients/X/orders/%2E.', 'bad_path'],
    ['/patients/X/orders/..', 'bad_path'],
    ['/patients/%5c..', 'bad_path'],
    ['/patients/%zz', 'bad_path'],
    ['/patients/%ff', 'bad_path'],
  ]) {
    it(`rejects the path ${JSON.stringify(path)} before any request`, async () => {
      await load({ fields: { path: { type: 'msg', value: 'payload' } } });
      assert.equal(await failure({ payload: path }), code);
      assert.deepEqual(server.requests, []);
    });
  }

  it('rejects identifiers in the query and, however deep, in the body', async () => {
    await load({
      method: 'POST',
      fields: { path: { type: 'str', value: '/orders' }, query: { type: 'msg', value: 'query' } },
    });
    for (const [query, payload] of [
      [{ patientIdentifier: 'P1\t' }, { notes: 'x' }],
      ['orderIdentifier=undefined', { notes: 'x' }],
      [{ packageIdentifier: ['A', 'null'] }, { notes: 'x' }],
      [{}, { orderIdentifier: 'X-1\r' }],
      [{}, { orders: [{ kitActivations: [{ activationCode: 'TH-YYYY ' }] }] }],
      [{}, { orderIdentifierFilters: ['O1', '..'] }],
    ]) {
      assert.equal(await failure({ query, payload }), 'bad_identifier', JSON.stringify([query, payload]));
    }
    assert.deepEqual(server.requests, []);
  });

  async function failure(msg: Record<string, unknown>): Promise<string | undefined> {
    const caught = nextMessage('caught');
    helper.getNode('n').receive(msg);
    return ((await caught).error as { code?: string }).code;
  }
});
