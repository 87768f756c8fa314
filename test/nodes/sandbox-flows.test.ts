import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  type CreateOrderRequest,
  PatientOrdersApi,
  type PatientInformation,
} from '@onegevity/orders-api-client';
import { PatientRecommendationsApi } from '@onegevity/recommendations-api-client';
import { readDescription } from '../../scripts/generate';
import { typeOf } from '../../src/editor/lib/operations';
import { operationTable } from '../../scripts/operation-table';
import { helper, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { person, SandboxUnderTest, shipping } from '../support/sandbox';

const load = createRequire(__filename);
const folder = join(__dirname, '../../src/nodes');
const actions = ['kit', 'order', 'package', 'patient', 'recommendation', 'report', 'survey'];
const modules = ['config', ...actions].map((name) => load(join(folder, `onegevity-${name}`)) as NodeModule);
const core = load('@node-red/nodes/core/common/25-catch.js') as NodeModule;
const operations = Object.values(operationTable(readDescription()));

/** A message for each operation. The seeded patients 1, 2, 5 and 6 have a finished order, a kit, and lab visits. */
const messagesOf: Record<string, Record<string, unknown>> = {
  listPackages: {},
  packageDetails: { packageIdentifier: 'GUT-BALANCE' },
  listPatients: {},
  createPatient: { patientIdentifier: 'NEW-1', ...person },
  listPatientAgreementDocuments: {},
  getPatientAgreementDocument: { documentIdentifier: 'terms-of-use' },
  patientDetails: { patientIdentifier: 'SB-000001' },
  updatePatient: { patientIdentifier: 'SB-000001', healthProfile: { SMOKER: 'NEVER' } },
  updatePatientAgreements: {
    patientIdentifier: 'SB-000001',
    agreements: [{ documentIdentifier: 'terms-of-use', patientResponse: 'ACCEPT' }],
  },
  listPatientOrders: { patientIdentifier: 'SB-000001' },
  createPatientOrder: {
    patientIdentifier: 'NEW-2',
    orderIdentifier: 'NEW-2-A',
    packageIdentifier: 'GUT-BALANCE',
    patientInformation: person,
    fulfillmentInformation: shipping,
  },
  patientOrderDetails: { patientIdentifier: 'SB-000001', orderIdentifier: 'SB-000001-O1' },
  updatePatientOrder: { patientIdentifier: 'SB-000001', orderIdentifier: 'SB-000001-O1', notes: 'a note' },
  listSurveys: {},
  surveyDetails: { surveyKey: 'stress' },
  getPatientSurvey: { patientIdentifier: 'SB-000001', surveyKey: 'stress' },
  submitPatientSurvey: {
    patientIdentifier: 'SB-000001',
    surveyKey: 'stress',
    answers: { STRESS_LEVEL: 'CALM' },
    complete: true,
  },
  listPatientReports: { patientIdentifier: 'SB-000001' },
  listPatientOrderReports: { patientIdentifier: 'SB-000001', orderIdentifier: 'SB-000001-O1' },
  patientReportDetails: { patientIdentifier: 'SB-000001' },
  listPatientRecommendations: { patientIdentifier: 'SB-000001' },
  patientRecommendationDetails: { patientIdentifier: 'SB-000001' },
  updatePatientRecommendation: { patientIdentifier: 'SB-000001', archived: true },
  activateKit: {
    patientIdentifier: 'SB-000002',
    orderIdentifier: 'SB-000002-O1',
    activationCode: 'TH-YYYY',
  },
  listKits: { patientIdentifier: 'SB-000002', orderIdentifier: 'SB-000002-O1' },
  setLabAppointment: {
    patientIdentifier: 'SB-000005',
    orderIdentifier: 'SB-000005-O1',
    scheduled: true,
  },
};

describe('Flows on the sandbox', () => {
  let sandbox: SandboxUnderTest;
  useHelper();
  beforeEach(async () => {
    sandbox = await SandboxUnderTest.start();
  });
  afterEach(() => sandbox.sandbox.close());

  const node = (id: string, operation: string, wires: string[], more: object = {}) => {
    const found = operations.find((one) => one.id === operation);
    return { id, z: 'tab', type: typeOf(found?.tag ?? ''), operation, config: 'c', wires: [wires], ...more };
  };
  const start = async (nodes: object[]) => {
    const flow = [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: sandbox.url },
      ...nodes,
      { id: 'out', z: 'tab', type: 'helper', wires: [] },
      { id: 'catcher', z: 'tab', type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper', wires: [] },
    ];
    const { clientId, clientSecret } = sandbox.sandbox;
    await helper.load([...modules, core], flow as never[], { c: { clientId, clientSecret } });
  };
  const answer = async (id: string, msg: object): Promise<Record<string, unknown>> => {
    const out = nextMessage('out');
    const caught = nextMessage('caught').then(({ error }) => assert.fail(JSON.stringify(error)));
    helper.getNode(id).receive(msg as never);
    return Promise.race([out, caught]);
  };

  it('can use every operation of the API description', async () => {
    assert.deepEqual(Object.keys(messagesOf).sort(), operations.map(({ id }) => id).sort());
    await start(operations.map(({ id }) => node(`n-${id}`, id, ['out'])));
    const first = async (operation: string, member: string) => {
      const { payload } = await answer(`n-${operation}`, { payload: messagesOf[operation] });
      return (payload as Record<string, { id: unknown }[]>)[member]?.[0]?.id;
    };
    const report = await first('listPatientReports', 'reports');
    const recommendation = await first('listPatientRecommendations', 'recommendations');
    const ids: Record<string, object> = {
      patientReportDetails: { id: report },
      patientRecommendationDetails: { id: recommendation },
      updatePatientRecommendation: { id: recommendation },
    };
    for (const { id } of operations) {
      const payload = { ...messagesOf[id], ...ids[id] };
      const msg = await answer(`n-${id}`, { payload });
      assert.equal((msg.onegevity as { operation: string }).operation, id);
      assert.match(String(msg.statusCode), /^20[01]$/, id);
      assert.notEqual(msg.payload, null, id);
    }
  });

  it('are offered every operation by a node type that exists', () => {
    const files = readdirSync(folder);
    for (const { id, tag } of operations) assert.ok(files.includes(`${typeOf(tag)}.ts`), id);
  });

  describe('the vendor’s own clients', () => {
    const clients = async () => {
      const configuration = { basePath: `${sandbox.url}/api/v1`, accessToken: await sandbox.accessToken() };
      return {
        orders: new PatientOrdersApi(configuration, fetch),
        recommendations: new PatientRecommendationsApi(configuration, fetch),
      };
    };

    it('see what a flow ordered, and a flow sees what they ordered', async () => {
      const { orders } = await clients();
      await start([
        node('create', 'createPatientOrder', ['out']),
        node('list', 'listPatientOrders', ['out'], { paging: 'all' }),
        node('read', 'patientOrderDetails', ['out']),
      ]);
      const patientIdentifier = 'BOTH';
      const order = (orderIdentifier: string) => ({
        orderIdentifier,
        packageIdentifier: 'BIO-AGE',
        patientInformation: person,
      });
      const made = await answer('create', { payload: { patientIdentifier, ...order('BY-FLOW') } });
      assert.deepEqual(await orders.patientOrderDetails(patientIdentifier, 'BY-FLOW'), made.payload);

      // The vendor's enums are declared as numbers, but are strings when they run.
      const body = order('BY-CLIENT') as unknown as CreateOrderRequest & {
        patientInformation: PatientInformation;
      };
      const theirs = await orders.createPatientOrder(body, patientIdentifier);
      const read = { payload: { patientIdentifier, orderIdentifier: 'BY-CLIENT' } };
      assert.deepEqual((await answer('read', read)).payload, theirs);
      const listed = await orders.listPatientOrders(patientIdentifier);
      assert.deepEqual((await answer('list', { payload: { patientIdentifier } })).payload, listed.orders);
    });

    it('see the same recommendations, also what a flow archived', async () => {
      const { recommendations } = await clients();
      await start([
        node('list', 'listPatientRecommendations', ['out'], { paging: 'all' }),
        node('archive', 'updatePatientRecommendation', ['out']),
      ]);
      const patientIdentifier = 'SB-000001';
      const before =
        (await recommendations.listPatientRecommendations(patientIdentifier)).recommendations ?? [];
      assert.deepEqual((await answer('list', { payload: { patientIdentifier } })).payload, before);
      const id = before[0]?.id ?? 0;
      const archived = await answer('archive', { payload: { patientIdentifier, id, archived: true } });
      assert.deepEqual(
        await recommendations.patientRecommendationDetails(patientIdentifier, id),
        archived.payload,
      );
      const after = (await recommendations.listPatientRecommendations(patientIdentifier)).recommendations;
      assert.deepEqual(after, before.slice(1));
    });
  });

  /** What the webhook node sends on. */
  const delivered = (topic: string, payload: object) => ({
    topic,
    payload,
    onegevity: { topic, topicSource: 'url', verified: true, delivery: { hash: 'h', receivedAt: 'now' } },
  });

  it('fetch the reports of an order whose results were released, nothing typed', async () => {
    const previous = { patientIdentifier: { type: 'previous', value: '' } };
    await start([
      node('list', 'listPatientOrderReports', ['report'], { paging: 'items' }),
      node('report', 'patientReportDetails', ['out'], { fields: previous }),
    ]);
    const event = { id: 7, patientIdentifier: 'SB-000001', orderIdentifier: 'SB-000001-O1' };
    const msg = await answer('list', delivered('results.released', event));
    const { payload, onegevity } = msg as {
      payload: { name: string; relatedDocuments: { downloadUrl: string }[] };
      onegevity: Record<string, unknown>;
    };
    assert.equal(typeof payload.name, 'string');
    const file = await fetch(payload.relatedDocuments[0]?.downloadUrl ?? '');
    assert.equal(file.headers.get('content-type'), 'application/pdf');
    assert.match(await file.text(), /^%PDF-/);
    assert.equal((onegevity.params as { patientIdentifier: string }).patientIdentifier, 'SB-000001');
    assert.deepEqual([onegevity.topic, onegevity.verified], ['results.released', true]);
  });

  it('fetch the order of a kit that was activated, nothing typed', async () => {
    await start([node('order', 'patientOrderDetails', ['out'])]);
    const event = {
      id: 7,
      patientIdentifier: 'SB-000002',
      orderIdentifier: 'SB-000002-O1',
      activationCode: 'TH-YYYY',
    };
    const { payload } = await answer('order', delivered('kit.activated', event));
    assert.equal((payload as { orderIdentifier: string }).orderIdentifier, 'SB-000002-O1');
  });

  it('never send a webhook event on, whichever writing operation it is wired to', async () => {
    const writing = operations.filter(({ writes }) => writes);
    const defaults = (id: string) => ({
      // As the dialog saves a node that nobody changed.
      fields: Object.fromEntries(
        operations
          .find((one) => one.id === id)!
          .parameters.map(({ name, source = '' }) => [name, { type: 'msg', value: source }]),
      ),
      body: { mode: 'typed', type: 'msg', value: 'payload', fields: {} },
    });
    await start(writing.map(({ id }) => node(`n-${id}`, id, ['out'], defaults(id))));
    const ids = { patientIdentifier: 'SB-000002', orderIdentifier: 'SB-000002-O1' };
    const extra = { surveyKey: 'stress', scheduled: true, activationCode: 'TH-YYYY', requestorId: 'F1' };
    const before = JSON.stringify((await sandbox.api('GET', '/patients/SB-000002/orders')).body);
    for (const { id } of writing) {
      for (const event of [
        { id: 7, ...ids },
        { id: 7, ...ids, activationCode: 'TH-YYYY' },
        { id: 7, ...ids, ...extra },
      ]) {
        const caught = nextMessage('caught');
        helper.getNode(`n-${id}`).receive(delivered('order.updated', event));
        const { error } = (await caught) as { error: { code: string } };
        assert.match(error.code, /^(webhook_as_body|missing_parameter)$/, id);
      }
    }
    assert.equal(JSON.stringify((await sandbox.api('GET', '/patients/SB-000002/orders')).body), before);
  });

  describe('with kits', () => {
    const ids = { patientIdentifier: 'KITS', orderIdentifier: 'A' };
    const order = (packageIdentifier: string, fulfillmentInformation?: object) =>
      sandbox.api('POST', '/patients/KITS/orders', {
        orderIdentifier: 'A',
        packageIdentifier,
        patientInformation: person,
        ...(fulfillmentInformation ? { fulfillmentInformation } : {}),
      });

    it('activate the one kit there is, and succeed without sending anything the second time', async () => {
      await order('GUT-BALANCE');
      await start([node('activate', 'activateKit', ['out']), node('kits', 'listKits', ['out'])]);
      const payload = { ...ids, activationCode: 'TH-YYYY' };
      for (let time = 0; time < 2; time++) {
        const msg = await answer('activate', { payload });
        const { elements } = msg.payload as { elements: { status: string }[] };
        assert.deepEqual(
          elements.map(({ status }) => status),
          ['ACTIVATED'],
        );
        assert.deepEqual((msg.onegevity as { params: object }).params, payload);
      }
      const { payload: kits } = await answer('kits', { payload: ids });
      const [kit, ...others] = kits as { packageElementIdentifier: string; status: string }[];
      assert.deepEqual(
        [kit?.packageElementIdentifier, kit?.status, others.length],
        ['GUT-KIT', 'ACTIVATED', 0],
      );
    });

    it('say that an order has no kit', async () => {
      await order('HEART-CHECK');
      await start([node('activate', 'activateKit', ['out'])]);
      const caught = nextMessage('caught');
      helper.getNode('activate').receive({ payload: { ...ids, activationCode: 'TH-YYYY' } });
      assert.equal(((await caught) as { error: { code: string } }).error.code, 'no_kit');
    });

    it('say in the vendor’s words why a kit was not activated', async () => {
      await order('GUT-BALANCE', shipping);
      await start([node('activate', 'activateKit', ['out'])]);
      const caught = nextMessage('caught');
      helper.getNode('activate').receive({ payload: { ...ids, activationCode: 'TH-YYYY' } });
      const msg = (await caught) as {
        onegevity: { error: { code: string; fieldErrors: { message: string }[] } };
      };
      assert.equal(msg.onegevity.error.code, 'validation');
      assert.equal(msg.onegevity.error.fieldErrors[0]?.message, 'has not been shipped yet');
    });
  });

  it('take answers to a survey as an ordinary object and give them back as one', async () => {
    await start([node('submit', 'submitPatientSurvey', ['out']), node('read', 'getPatientSurvey', ['out'])]);
    const ids = { patientIdentifier: 'SB-000001', surveyKey: 'lifestyle' };
    const answers = {
      NAME: 'Ada',
      WEIGHT: 150,
      LAST_CHECKUP: '2026-01-31',
      SMOKER: 'NEVER',
      EXERCISE: ['WALKING', { OTHER_EXERCISE: 'climbing' }],
      MOOD: { ANXIETY: 2, CHEERFUL: 4 },
    };
    await answer('submit', { payload: { ...ids, answers, complete: true } });
    const { payload } = await answer('read', { payload: ids });
    assert.deepEqual((payload as { answers: object }).answers, answers);
    const { body } = await sandbox.api('GET', '/patients/SB-000001');
    assert.equal(body.healthProfile.SWIMMING, 'false');
  });
});
