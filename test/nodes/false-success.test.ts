/** What flows see of a 200 that means nothing: an error, and never an empty result or a second step built on it. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import sinon from 'sinon';
import configNode from '../../src/nodes/onegevity-config';
import kitNode from '../../src/nodes/onegevity-kit';
import orderNode from '../../src/nodes/onegevity-order';
import patientNode from '../../src/nodes/onegevity-patient';
import surveyNode from '../../src/nodes/onegevity-survey';
import { helper, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { type Answer, json, raw, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const catchNode = load('@node-red/nodes/core/common/25-catch.js') as NodeModule;
const nodes = [configNode, kitNode, orderNode, patientNode, surveyNode, catchNode];

const patientInformation = {
  firstName: 'Lin',
  lastName: 'Example',
  gender: 'FEMALE',
  dateOfBirth: '1979-05-17',
  email: 'lin@example.com',
  phoneNumber: '555-010-0101',
  address: { streetAddress1: 's', city: 'c', region: 'NY', country: 'US', postalCode: '1' },
};
const payload = { patientIdentifier: 'P1', orderIdentifier: 'O1', packageIdentifier: 'PKG' };
const element = (type: string, status: string) => ({ type, status, packageElementIdentifier: 'E1' });
const order = (...elements: object[]) => json(200, { ...payload, elements });

describe('A flow that meets a false success', () => {
  let server: TestServer;
  let random: sinon.SinonStub;
  useHelper();
  beforeEach(async () => {
    random = sinon.stub(Math, 'random').returns(0);
    server = await TestServer.start();
  });
  afterEach(async () => {
    random.restore();
    await server.stop();
  });

  /** Answers reads, and then writes, each with the last answer of its list for as long as it is asked. */
  const answers = (reads: Answer, writes: Answer = json(200, {})): void => {
    server.answers = [(request, ...rest) => (request.method === 'GET' ? reads : writes)(request, ...rest)];
  };
  const requests = (): string[] => server.apiRequests.map(({ method }) => method);

  async function run(
    node: Record<string, unknown>,
    msg: object,
  ): Promise<{
    payload: unknown;
    onegevity?: { page?: { complete?: boolean } };
    error?: Record<string, unknown>;
  }> {
    const flow = [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url },
      { id: 'n', z: 'tab', config: 'c', wires: [['out']], ...node },
      { id: 'out', z: 'tab', type: 'helper', wires: [] },
      { id: 'catcher', z: 'tab', type: 'catch', scope: ['n'], uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper', wires: [] },
    ];
    await helper.load(nodes, flow as never, { c: { clientId: 'id', clientSecret: 'secret' } });
    const ends = [nextMessage('out'), nextMessage('caught')];
    helper.getNode('n').receive(msg as never);
    const out = await Promise.race(ends);
    const { error } = (out.onegevity ?? {}) as { error?: Record<string, unknown> };
    return { ...(out as { payload: unknown }), ...(error ? { error } : {}) };
  }

  const unbelievable = { code: 'bad_response', statusCode: 200, outcome: 'failed', retryable: true };
  const unknown = { code: 'bad_response', statusCode: 200, outcome: 'unknown', retryable: false };

  for (const body of [{}, [], { message: 'maintenance' }, null, { patientIdentifier: 'P2' }]) {
    it(`orders nothing where the patient who must exist is ${JSON.stringify(body)}`, async () => {
      answers(json(200, body), order());
      const node = { type: 'onegevity-order', operation: 'createPatientOrder', patientMustExist: true };
      const { error } = await run(node, { payload: { ...payload, patientInformation } });
      assert.deepEqual(error, unbelievable);
      assert.deepEqual(requests(), ['GET', 'GET', 'GET', 'GET']);
    });
  }

  for (const patient of [{ patientIdentifier: 'P1' }, { dateOfBirth: '1979-05-17', other: 1 }]) {
    it(`orders for a patient of whom there is ${Object.keys(patient)[0]}`, async () => {
      answers(json(200, patient), order());
      const node = { type: 'onegevity-order', operation: 'createPatientOrder', patientMustExist: true };
      const { error } = await run(node, { payload: { ...payload, patientInformation } });
      assert.equal(error, undefined);
      assert.deepEqual(requests(), ['GET', 'POST']);
    });
  }

  for (const answer of [json(200, {}), json(200, []), json(200, { ...payload, orderIdentifier: 'O2' })]) {
    it('does not report an order as placed that the response does not name', async () => {
      answers(json(200, {}), answer);
      const node = { type: 'onegevity-order', operation: 'createPatientOrder' };
      const { error } = await run(node, { payload: { ...payload, patientInformation } });
      assert.deepEqual(error, unknown);
      assert.deepEqual(requests(), ['POST']);
    });
  }

  for (const operation of ['activateKit', 'listKits', 'setLabAppointment']) {
    it(`${operation} does not take an order without elements for one without a kit`, async () => {
      answers(json(200, payload));
      const msg = { payload: { ...payload, activationCode: 'TH-DEMO', scheduled: true } };
      assert.deepEqual((await run({ type: 'onegevity-kit', operation }, msg)).error, unbelievable);
      assert.deepEqual(requests(), ['GET', 'GET', 'GET', 'GET']);
    });
  }

  for (const [operation, type, before, after] of [
    ['activateKit', 'kit', 'NOT_ACTIVATED', 'ACTIVATED'],
    ['setLabAppointment', 'labVisit', 'REQUISITIONED', 'SCHEDULED'],
  ] as const) {
    it(`${operation} does not report what the order does not show`, async () => {
      const msg = { payload: { ...payload, activationCode: 'TH-DEMO', scheduled: true } };
      for (const response of [json(200, {}), json(200, payload), order(), order(element(type, before))]) {
        answers(order(element(type, before)), response);
        assert.deepEqual(
          (await run({ type: 'onegevity-kit', operation }, structuredClone(msg))).error,
          unknown,
        );
        await helper.unload();
      }
      answers(order(element(type, before)), order(element(type, after)));
      assert.equal((await run({ type: 'onegevity-kit', operation }, msg)).error, undefined);
    });
  }

  it('does not blame the answers to a survey that could not be read', async () => {
    answers(json(200, { survey: {} }));
    const node = {
      type: 'onegevity-survey',
      operation: 'submitPatientSurvey',
      fields: { key: { type: 'str', value: 'S1' } },
    };
    const { error } = await run(node, { payload: { patientIdentifier: 'P1', answers: { HEIGHT: 180 } } });
    assert.deepEqual(error, unbelievable);
    assert.deepEqual(requests(), ['GET', 'GET', 'GET', 'GET']);
  });

  for (const paging of ['single', 'pages', 'items', 'all']) {
    it(`does not take a response without its list for an empty list (${paging})`, async () => {
      answers(json(200, {}));
      const node = { type: 'onegevity-order', operation: 'listPatientOrders', paging };
      assert.deepEqual((await run(node, { payload })).error, unbelievable);
    });
  }

  for (const paging of ['pages', 'items', 'all']) {
    it(`takes 204 for an empty list (${paging})`, async () => {
      answers(raw(204, ''));
      const node = { type: 'onegevity-order', operation: 'listPatientOrders', paging };
      const { payload: got, onegevity } = await run(node, { payload });
      assert.deepEqual(got, paging === 'pages' ? null : []);
      assert.equal(onegevity?.page?.complete, true);
      assert.deepEqual(requests(), ['GET']);
    });
  }

  it('ends a list that always has another page after 1,000, and says that it is not complete', async () => {
    let number = 0;
    answers((...exchange) => json(200, { orders: [{ orderIdentifier: `O${number++}` }] })(...exchange));
    const node = { type: 'onegevity-order', operation: 'listPatientOrders', paging: 'all', maxPages: '' };
    const { payload: got, onegevity } = await run(node, { payload });
    assert.deepEqual([(got as unknown[]).length, onegevity?.page?.complete], [1000, false]);
  }).timeout(20_000);
});
