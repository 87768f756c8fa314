import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import configNode from '../../src/nodes/onegevity-config';
import orderNode from '../../src/nodes/onegevity-order';
import patientNode from '../../src/nodes/onegevity-patient';
import reportNode from '../../src/nodes/onegevity-report';
import { helper, messages, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { json, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const core = ['25-catch', '24-complete'].map(
  (name) => load(`@node-red/nodes/core/common/${name}.js`) as NodeModule,
);
const nodes = [configNode, patientNode, orderNode, reportNode, ...core];
const canary = 'CANARY-secret-4711';
const credentials = { c: { clientId: 'id', clientSecret: canary } };

describe('action nodes', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  const flow = (node: Record<string, unknown>, config: Record<string, unknown> = {}) => [
    { id: 'tab', type: 'tab', label: 'tab' },
    { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url, ...config },
    { id: 'n', z: 'tab', config: 'c', wires: [['out']], ...node } as never,
    { id: 'out', z: 'tab', type: 'helper', wires: [] },
    { id: 'catcher', z: 'tab', type: 'catch', scope: ['n'], uncaught: false, wires: [['caught']] },
    { id: 'caught', z: 'tab', type: 'helper', wires: [] },
    { id: 'completer', z: 'tab', type: 'complete', scope: ['n'], wires: [['completed']] },
    { id: 'completed', z: 'tab', type: 'helper', wires: [] },
  ];
  const details = { type: 'onegevity-order', operation: 'patientOrderDetails' };
  const given = { patientIdentifier: 'P1', orderIdentifier: 'O1' };

  it('sets the result on the incoming message and merges into msg.onegevity', async () => {
    server.answers = [json(200, { orderIdentifier: 'O1' }, { 'x-request-id': 'r1' })];
    await helper.load(nodes, flow(details), credentials);
    const out = nextMessage('out');
    const onegevity = { topic: 'order.updated', delivery: { hash: 'h' }, error: { code: 'old' } };
    helper.getNode('n').receive({ payload: given, onegevity, mine: 1, topic: 't' });
    const { _msgid, ...msg } = await out;
    assert.deepEqual(msg, {
      payload: { orderIdentifier: 'O1' },
      statusCode: 200,
      mine: 1,
      topic: 't',
      onegevity: {
        topic: 'order.updated',
        delivery: { hash: 'h' },
        operation: 'patientOrderDetails',
        environment: 'custom',
        params: given,
        requestId: 'r1',
      },
    });
  });

  it('gives one error to a Catch node, with what a flow needs to branch and nothing secret', async () => {
    server.answers = [json(400, { id: 'v1', fieldErrors: [{ fieldName: 'f', message: 'm' }] })];
    await helper.load(nodes, flow(details), credentials);
    const caught = nextMessage('caught');
    helper.getNode('out').on('input', () => assert.fail('nothing leaves by the output'));
    helper.getNode('n').receive({ payload: given });
    const msg = (await caught) as {
      error: { code: string; cause?: unknown };
      onegevity: unknown;
      statusCode: number;
    };
    assert.equal(msg.error.code, 'validation');
    assert.equal('cause' in msg.error, false);
    assert.equal(msg.statusCode, 400);
    assert.deepEqual(msg.onegevity, {
      error: {
        code: 'validation',
        statusCode: 400,
        requestId: 'v1',
        fieldErrors: [{ fieldName: 'f', message: 'm' }],
        outcome: 'failed',
        retryable: false,
      },
    });
    assert.doesNotMatch(JSON.stringify(helper.log().args), new RegExp(`${canary}|Bearer|token-1`));
  });

  for (const [output, more] of [
    ['order.answer', { order: 'a text' }],
    ['order.answer', { order: null }],
    ['msg.order.first.answer', { order: { first: 7 } }],
    ['order[', {}],
  ] as const) {
    it(`sends nothing where no result could be set: ${output} in ${JSON.stringify(more)}`, async () => {
      await helper.load(nodes, flow({ ...details, output }), credentials);
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload: given, ...more });
      assert.equal(((await caught) as { error: { code: string } }).error.code, 'bad_parameter');
      assert.equal(server.requests.length, 0);
    });
  }

  for (const output of ['order.answer', 'orders[0].answer', 'onegevity.answer', 'msg.payload.answer']) {
    it(`sets the result at ${output}`, async () => {
      server.answers = [json(200, { orderIdentifier: 'O1', notes: 'the result' })];
      await helper.load(nodes, flow({ ...details, output }), credentials);
      const out = nextMessage('out');
      helper.getNode('n').receive({ payload: { ...given }, onegevity: { topic: 'order.updated' } });
      const msg = await out;
      assert.match(JSON.stringify(msg), /"answer":\{"orderIdentifier":"O1","notes":"the result"/);
      assert.equal((msg.onegevity as { operation: string }).operation, 'patientOrderDetails');
    });
  }

  for (const [name, payload] of [
    ['missing', {}],
    ['empty', { patientIdentifier: '', orderIdentifier: 'O1' }],
    ['an object', { patientIdentifier: {}, orderIdentifier: 'O1' }],
    ['a number that lost digits', { patientIdentifier: 2 ** 60, orderIdentifier: 'O1' }],
    ['in no payload at all', null],
    ['in a Buffer', Buffer.from('x')],
  ] as const) {
    it(`sends nothing when an identifier is ${name}`, async () => {
      await helper.load(nodes, flow(details), credentials);
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload });
      const { error } = (await caught) as { error: { code: string } };
      assert.match(error.code, /^(missing|bad)_parameter$/);
      assert.equal(server.requests.length, 0);
    });
  }

  it('refuses a webhook event as the body of a write', async () => {
    for (const payload of [
      { id: 1, ...given },
      { id: 1, ...given, activationCode: 'TH-YYYY' },
    ]) {
      await helper.load(
        nodes,
        flow({ type: 'onegevity-order', operation: 'updatePatientOrder' }),
        credentials,
      );
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload, onegevity: { topic: 'order.updated', delivery: {} } });
      assert.equal(((await caught) as { error: { code: string } }).error.code, 'webhook_as_body');
      assert.equal(server.requests.length, 0);
      await helper.unload();
    }
  });

  it('names unknown and missing members of a documented body', async () => {
    await helper.load(nodes, flow({ type: 'onegevity-order', operation: 'createPatientOrder' }), credentials);
    const caught = nextMessage('caught');
    helper.getNode('n').receive({ payload: { ...given, packageIdentifer: 'typo' } });
    const { error, onegevity } = (await caught) as {
      error: { code: string };
      onegevity: { error: { fieldErrors: object[] } };
    };
    assert.equal(error.code, 'bad_body');
    assert.deepEqual(onegevity.error.fieldErrors, [
      { fieldName: 'packageIdentifier', message: 'required' },
      { fieldName: 'patientInformation', message: 'required' },
      { fieldName: 'packageIdentifer', message: 'unknown' },
    ]);
    assert.equal(server.requests.length, 0);
  });

  it('reads the previous step for reading operations only', async () => {
    const fields = { patientIdentifier: { type: 'previous' } };
    server.answers = [json(200, { id: 7 })];
    await helper.load(
      nodes,
      flow({ type: 'onegevity-report', operation: 'patientReportDetails', fields }),
      credentials,
    );
    const out = nextMessage('out');
    helper.getNode('n').receive({ payload: { id: 7 }, onegevity: { params: { patientIdentifier: 'P9' } } });
    await out;
    assert.equal(server.apiRequests[0]?.url, '/api/v1/patients/P9/reports/7/details');

    await helper.unload();
    await helper.load(
      nodes,
      flow({ type: 'onegevity-patient', operation: 'updatePatient', fields }),
      credentials,
    );
    const caught = nextMessage('caught');
    helper
      .getNode('n')
      .receive({ payload: { firstName: 'x' }, onegevity: { params: { patientIdentifier: 'P9' } } });
    assert.equal(((await caught) as { error: { code: string } }).error.code, 'bad_parameter');
  });

  it('sends one message an item, numbered as core split does, and marks the end', async () => {
    const page = (pageNumber: number, patients: unknown[]) =>
      json(200, { patients, pageNumber, numberOfElements: patients.length, totalNumberOfElements: 3 });
    server.answers = [page(1, [{ id: 1 }, { id: 2 }]), page(2, [{ id: 3 }])];
    const list = { type: 'onegevity-patient', operation: 'listPatients', paging: 'items', pageSize: 2 };
    await helper.load(nodes, flow(list), credentials);
    const got = messages('out', 3);
    const completed = nextMessage('completed');
    helper.getNode('n').receive({ payload: '' });
    const out = await got;
    await completed;
    assert.deepEqual(
      out.map(({ payload }) => payload),
      [{ id: 1 }, { id: 2 }, { id: 3 }],
    );
    const parts = out.map((msg) => msg.parts as { id: string; index: number; count?: number });
    assert.deepEqual(
      parts.map(({ index, count }) => [index, count]),
      [
        [0, 3],
        [1, 3],
        [2, 3],
      ],
    );
    assert.equal(new Set(parts.map(({ id }) => id)).size, 1);
    assert.deepEqual(
      out.map(({ onegevity }) => (onegevity as { page: object }).page),
      [
        { number: 1, total: 3, last: false, complete: true },
        { number: 1, total: 3, last: false, complete: true },
        { number: 2, total: 3, last: true, complete: true },
      ],
    );
    assert.deepEqual(
      server.apiRequests.map(({ url }) => url),
      ['/api/v1/patients?pageNumber=1&pageSize=2', '/api/v1/patients?pageNumber=2&pageSize=2'],
    );
  });

  it('sends one message for an empty list in items mode', async () => {
    server.answers = [json(200, { patients: [], totalNumberOfElements: 0 })];
    await helper.load(
      nodes,
      flow({ type: 'onegevity-patient', operation: 'listPatients', paging: 'items' }),
      credentials,
    );
    const out = nextMessage('out');
    helper.getNode('n').receive({ payload: '' });
    const msg = await out;
    assert.deepEqual(msg.payload, []);
    assert.deepEqual((msg.onegevity as { page: object }).page, {
      number: 1,
      total: 0,
      last: true,
      complete: true,
    });
  });

  it('ends with an error, items sent before it kept, where the same page comes again', async () => {
    server.answers = [json(200, { patients: [{ id: 1 }], totalNumberOfElements: 9 })];
    const list = { type: 'onegevity-patient', operation: 'listPatients', paging: 'items', pageSize: 1 };
    await helper.load(nodes, flow(list), credentials);
    const [out, caught] = [nextMessage('out'), nextMessage('caught')];
    helper.getNode('n').receive({ payload: '' });
    assert.deepEqual((await out).payload, { id: 1 });
    assert.equal(((await caught) as { error: { code: string } }).error.code, 'page_repeated');
  });

  for (const [name, config, given, code] of [
    ['no credentials', {}, {}, 'missing_credentials'],
    [
      'a credential variable that is not set',
      {},
      { clientId: '${NOT_SET_4711}', clientSecret: 'x' },
      'env_not_set',
    ],
    ['an unknown environment', { environment: 'Staging ' }, {}, 'bad_environment'],
    ['an empty environment', { environment: '' }, {}, 'bad_environment'],
    ['an environment variable that is not set', { environment: '${NOT_SET_4711}' }, {}, 'env_not_set'],
    ['an http root elsewhere', { baseUrl: 'http://example.invalid' }, {}, 'bad_base_url'],
  ] as const) {
    it(`starts with ${name}, shows it, and fails each message once`, async () => {
      await helper.load(nodes, flow(details, config), { c: given });
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload: { patientIdentifier: 'P1', orderIdentifier: 'O1' } });
      assert.equal(((await caught) as { error: { code: string } }).error.code, code);
      assert.equal(server.requests.length, 0);
    });
  }

  it('says that no configuration is chosen', async () => {
    await helper.load(nodes, flow({ ...details, config: '' }), credentials);
    const caught = nextMessage('caught');
    helper.getNode('n').receive({ payload: {} });
    assert.equal(((await caught) as { error: { code: string } }).error.code, 'no_config');
  });
});
