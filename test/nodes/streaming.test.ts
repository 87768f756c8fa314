import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { ConfigNode } from '../../src/nodes/shared/config-node';
import type { Node } from 'node-red';
import configNode from '../../src/nodes/onegevity-config';
import patientNode from '../../src/nodes/onegevity-patient';
import { helper, messages, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { type Answer, json, silent, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const core = ['common/25-catch', 'sequence/17-split'].map(
  (name) => load(`@node-red/nodes/core/${name}.js`) as NodeModule,
);
const nodes = [configNode, patientNode, ...core];
const credentials = { c: { clientId: 'id', clientSecret: 'secret' } };

/** @returns a list that grows by the code of each error the node reports */
function errorCodes(node: Node): string[] {
  const codes: string[] = [];
  const report = node.error.bind(node);
  node.error = (fault: unknown, msg?: object) => {
    codes.push((fault as { code: string }).code);
    report(fault, msg as never);
  };
  return codes;
}

/** A server with a list of patients, and with each one's details. */
const patients = (count: number, onDetails: () => void = () => undefined): Answer => {
  const ids = Array.from({ length: count }, (_, index) => ({ patientIdentifier: `P${index}` }));
  return (request, response, socket) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    if (pathname !== '/api/v1/patients') {
      onDetails();
      return json(200, { patientIdentifier: pathname.split('/').at(-1) })(request, response, socket);
    }
    const [number, size] = ['pageNumber', 'pageSize'].map((name) => Number(searchParams.get(name)));
    const page = ids.slice((number! - 1) * size!, number! * size!);
    json(200, { patients: page, totalNumberOfElements: count })(request, response, socket);
  };
};

describe('A list streamed into other nodes', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  const list = (more: object = {}) => ({
    id: 'list',
    z: 'tab',
    type: 'onegevity-patient',
    operation: 'listPatients',
    config: 'c',
    paging: 'items',
    wires: [['details']],
    ...more,
  });
  const flow = (first: object, config: object = {}, more: object[] = []) =>
    [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url, ...config },
      first,
      {
        id: 'details',
        z: 'tab',
        type: 'onegevity-patient',
        operation: 'patientDetails',
        config: 'c',
        wires: [['out']],
      },
      { id: 'out', z: 'tab', type: 'helper', wires: [] },
      { id: 'catcher', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ...more,
    ] as never[];

  it('pauses while more than 100 calls wait, so that nothing piles up', async () => {
    let longest = 0;
    let pagesAhead = 0;
    let client = { waiting: 0 };
    let details = 0;
    server.answers = [
      patients(3000, () => {
        details++;
        longest = Math.max(longest, client.waiting);
        const pages = server.apiRequests.length - details;
        pagesAhead = Math.max(pagesAhead, pages - details / 100);
      }),
    ];
    await helper.load(nodes, flow(list({ pageSize: 100 }), { concurrency: 2 }), credentials);
    client = await (helper.getNode('c') as unknown as ConfigNode).client();
    const all = messages('out', 3000);
    helper.getNode('list').receive({ payload: '' });
    const got = await all;
    assert.equal(
      new Set(got.map((msg) => (msg.payload as { patientIdentifier: string }).patientIdentifier)).size,
      3000,
    );
    // A page of 100 is handed out when at most 100 wait, and the next one is in hand by then.
    assert.equal(longest > 90 && longest <= 310, true, `${longest} calls waited`);
    assert.equal(pagesAhead <= 5, true, `${pagesAhead} pages were read ahead`);
  });

  it('pauses in the middle of a page that is larger than that', async () => {
    let longest = 0;
    let client = { waiting: 0 };
    server.answers = [patients(2000, () => (longest = Math.max(longest, client.waiting)))];
    await helper.load(nodes, flow(list({ pageSize: 2000 }), { concurrency: 2 }), credentials);
    client = await (helper.getNode('c') as unknown as ConfigNode).client();
    const all = messages('out', 2000);
    helper.getNode('list').receive({ payload: '' });
    await all;
    assert.equal(longest <= 310, true, `${longest} calls waited`);
  });

  it('is put together again by a core join, also inside another sequence', async () => {
    server.answers = [patients(5)];
    const join = { id: 'j', z: 'tab', type: 'join', mode: 'auto', build: 'array', wires: [['j2']] };
    const outer = { ...join, id: 'j2', wires: [['joined']] };
    const joined = { id: 'joined', z: 'tab', type: 'helper', wires: [] };
    await helper.load(
      nodes,
      flow(list({ wires: [['j']], pageSize: 2 }), {}, [join, outer, joined]),
      credentials,
    );
    const result = nextMessage('joined');
    for (const index of [0, 1]) {
      const parts = { id: 'outer', type: 'array', index, count: 2 };
      helper.getNode('list').receive({ payload: '', parts });
    }
    const { payload } = (await result) as { payload: { patientIdentifier: string }[][] };
    assert.deepEqual(
      payload.map((group) => group.map(({ patientIdentifier }) => patientIdentifier)),
      Array.from({ length: 2 }, () => ['P0', 'P1', 'P2', 'P3', 'P4']),
    );
  });

  it('gives each message parameters of its own', async () => {
    server.answers = [patients(3)];
    await helper.load(nodes, flow(list({ wires: [['out']] })), credentials);
    const all = messages('out', 3);
    helper.getNode('list').receive({ payload: '' });
    const params = (await all).map(({ onegevity }) => (onegevity as { params: object }).params);
    assert.equal(new Set(params).size, 3);
  });

  for (const [paging, payloads] of [
    ['pages', [2, 1]],
    ['all', [3]],
  ] as const) {
    it(`may come as ${paging} with its end marked`, async () => {
      server.answers = [patients(3)];
      await helper.load(nodes, flow(list({ paging, pageSize: 2, wires: [['out']] })), credentials);
      const all = messages('out', payloads.length);
      helper.getNode('list').receive({ payload: '' });
      const got = await all;
      const lengths = got.map(({ payload }) =>
        Array.isArray(payload) ? payload.length : (payload as { patients: [] }).patients.length,
      );
      assert.deepEqual(lengths, payloads);
      assert.deepEqual(
        got.map((msg) => (msg.onegevity as { page: { last: boolean } }).page.last),
        payloads.map((_, index) => index === payloads.length - 1),
      );
    });
  }

  it('stops at maxPages and says that it is not complete', async () => {
    server.answers = [patients(50)];
    await helper.load(nodes, flow(list({ pageSize: 5, maxPages: 2, wires: [['out']] })), credentials);
    const all = messages('out', 10);
    helper.getNode('list').receive({ payload: '' });
    const { page } = (await all).at(-1)?.onegevity as { page: { last: boolean; complete: boolean } };
    assert.deepEqual([page.last, page.complete], [true, false]);
    assert.equal(server.apiRequests.length, 2);
  });

  it('closes within a second with 100 calls in flight and 400 waiting, and tells each message', async () => {
    server.answers = [silent];
    await helper.load(nodes, flow(list(), { concurrency: 100 }), credentials);
    const node = helper.getNode('details');
    const codes = errorCodes(node);
    for (let index = 0; index < 500; index++) node.receive({ payload: { patientIdentifier: 'P1' } });
    while (server.apiRequests.length < 100) await new Promise((resolve) => setImmediate(resolve));
    const began = performance.now();
    await helper.clearFlows();
    assert.equal(performance.now() - began < 1000, true);
    assert.equal(codes.length, 500);
    assert.deepEqual(new Set(codes), new Set(['aborted']));
    await new Promise((resolve) => setImmediate(resolve));
    const connections = await new Promise((resolve) =>
      server.server.getConnections((_, count) => resolve(count)),
    );
    assert.equal(connections, 0);
  });

  it('gives up the calls of a node that a deploy removes, and leaves those of the others', async () => {
    server.answers = [silent];
    const other = { ...list({ id: 'other', operation: 'patientDetails', wires: [['out']] }) };
    const before = flow(list(), { concurrency: 10 }, [other]);
    await helper.load(nodes, before, credentials);
    const removed = helper.getNode('details');
    const kept = helper.getNode('other');
    const [removedCodes, keptCodes] = [errorCodes(removed), errorCodes(kept)];
    for (const node of [removed, kept]) node.receive({ payload: { patientIdentifier: 'P1' } });
    while (server.apiRequests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const after = (before as { id: string }[]).filter(({ id }) => id !== 'details');
    await helper.setFlows(after as never[], 'nodes', credentials);
    assert.deepEqual(removedCodes, ['aborted']);
    assert.deepEqual(keptCodes, []);
  });
});
