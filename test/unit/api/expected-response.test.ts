/** A 2xx for a call that nobody carried out, or with somebody else's record. */
import assert from 'node:assert/strict';
import sinon from 'sinon';
import { operations } from '../../../src/generated/operations';
import { ApiClient } from '../../../src/lib/api/client';
import { isExpected } from '../../../src/lib/api/expected-response';
import type { Operation } from '../../../src/lib/api/operation';
import { json, raw, TestServer } from '../../support/http-server';

const params = {
  patientIdentifier: 'P1',
  orderIdentifier: 'O1',
  packageIdentifier: 'PKG',
  documentIdentifier: 'D1',
  key: 'S1',
  reportId: 17,
  recommendationId: 4,
};
const order = { orderIdentifier: 'O1', packageIdentifier: 'PKG', elements: [] };
const kit = (packageElementIdentifier: unknown, status: string) => ({
  type: 'kit',
  packageElementIdentifier,
  status,
});
const visit = (packageElementIdentifier: string, status: string) => ({
  type: 'labVisit',
  packageElementIdentifier,
  status,
});

const all = Object.values<Operation>(operations).filter(({ composedOf }) => !composedOf);

function expected(id: keyof typeof operations, body: unknown, sent?: unknown, statusCode = 200): boolean {
  return isExpected(operations[id], { params, body: sent }, { statusCode, body });
}

describe('A success is believed', () => {
  describe('of a list', () => {
    for (const operation of all.filter(({ list }) => list)) {
      const { items, presumed } = operation.list!;
      const holds = (body: unknown, statusCode = 200) =>
        isExpected(operation, { params }, { statusCode, body });
      it(`${operation.id} if it holds ${items}, or says that there are none`, () => {
        for (const body of [
          { [items]: [] },
          { [items]: [{}], pageNumber: 1 },
          { totalNumberOfElements: 0 },
        ]) {
          assert.equal(holds(body), true, JSON.stringify(body));
        }
        assert.equal(holds(undefined, 204), true);
        for (const body of [
          {},
          null,
          undefined,
          'x',
          5,
          { [items]: {} },
          { [items]: 'x' },
          { message: 'error' },
        ]) {
          assert.equal(holds(body), false, JSON.stringify(body));
        }
        // The name of the field is documented for some lists, and presumed for others.
        assert.equal(holds([]), presumed === true);
        assert.equal(holds({ other: [1] }), presumed === true);
        assert.equal(holds({ other: [1], another: [] }), presumed === true);
      });
    }
  });

  describe('of what the vendor documents, if it names what was asked for:', () => {
    for (const id of ['patientOrderDetails', 'updatePatientOrder'] as const) {
      it(id, () => {
        assert.equal(expected(id, order), true);
        assert.equal(expected(id, { orderIdentifier: 'O1' }), true);
        for (const body of [
          {},
          [],
          null,
          undefined,
          'O1',
          { orderIdentifier: null },
          { orderIdentifier: 'O2' },
          { orderIdentifier: 'o1' },
          { orderIdentifier: 'O1 ' },
          { orderIdentifier: ['O1'] },
        ]) {
          assert.equal(expected(id, body, { notes: 'x' }), false, JSON.stringify(body));
        }
        assert.equal(expected(id, undefined, { notes: 'x' }, 204), false);
      });
    }

    it('createPatientOrder', () => {
      const sent = { orderIdentifier: 'O1', packageIdentifier: 'PKG' };
      assert.equal(expected('createPatientOrder', order, sent), true);
      for (const body of [
        {},
        [],
        null,
        { ...order, orderIdentifier: 'O2' },
        { ...order, packageIdentifier: 'OTHER' },
        { orderIdentifier: 'O1' },
      ]) {
        assert.equal(expected('createPatientOrder', body, sent), false, JSON.stringify(body));
      }
    });

    it('nothing of an order that is only what was sent', () => {
      const sent = { orderIdentifier: 'O1', packageIdentifier: 'PKG', notes: 'x' };
      assert.equal(expected('createPatientOrder', { ...sent }, sent), false);
      assert.equal(expected('createPatientOrder', { ...sent, id: 1 }, sent), true);
    });

    it('orders in a list that are objects, and some if it says so', () => {
      for (const one of [null, 'x', 1, [{}]])
        assert.equal(expected('listPatientOrders', { orders: [{}, one] }), false, JSON.stringify(one));
      assert.equal(expected('listPatientOrders', { orders: [], numberOfElements: 1 }), false);
      assert.equal(expected('listPatientOrders', { orders: [], totalNumberOfElements: 1 }), true);
    });

    it('recommendations, by their number, and archived or not as it was said', () => {
      for (const id of [4, '4']) assert.equal(expected('patientRecommendationDetails', { id }), true);
      for (const body of [{}, { id: 5 }, { id: '04' }, { id: null }, [{ id: 4 }]]) {
        assert.equal(expected('patientRecommendationDetails', body), false, JSON.stringify(body));
      }
      const archived = (value: unknown) =>
        expected('updatePatientRecommendation', { id: 4, archived: value }, { archived: true });
      assert.deepEqual([true, false, undefined, 'yes'].map(archived), [true, false, false, false]);
    });

    it('in either form in which Unicode writes an accent, and with numbers as text', () => {
      const asks = (sent: unknown, received: unknown) =>
        isExpected(
          operations.patientOrderDetails,
          { params: { ...params, orderIdentifier: sent } },
          { statusCode: 200, body: { orderIdentifier: received } },
        );
      assert.equal(asks('M\u00fcller', 'Mu\u0308ller'), true);
      assert.equal(asks(7, '7'), true);
      assert.equal(asks('7', 7), true);
      assert.equal(asks('7', 8), false);
    });
  });

  it('unless it says that it is about another patient or order, wherever it says so', () => {
    for (const theirs of [{ patientIdentifier: 'P2' }, { orderIdentifier: 'O2' }]) {
      for (const id of ['listPatientOrderReports', 'patientOrderDetails'] as const) {
        const body = { ...order, reports: [{ id: 1, ...theirs }], ...theirs };
        assert.equal(expected(id, body), false, id);
      }
    }
    const own = [{ id: 1, patientIdentifier: 'P1', orderIdentifier: 'O1' }, { id: 2 }];
    assert.equal(expected('listPatientOrderReports', { reports: own }), true);
    assert.equal(expected('listPatientOrders', { orders: [{ patientIdentifier: 'P2' }] }), false);
    assert.equal(expected('submitPatientSurvey', { patientIdentifier: 'P2' }, {}), false);
    // Whose patients a list of all patients holds is not asked.
    const everybody = { patients: [{ patientIdentifier: 'P2' }] };
    assert.equal(
      isExpected(operations.listPatients, { params: {} }, { statusCode: 200, body: everybody }),
      true,
    );
  });

  it('unless it is a validation error in the vendor’s model, of whatever operation', () => {
    for (const operation of all) {
      for (const body of [{ globalErrors: ['g'] }, { id: '1', fieldErrors: [] }]) {
        const success = { statusCode: 200, body };
        assert.equal(isExpected(operation, { params: {}, body: {} }, success), false, operation.id);
      }
    }
  });

  describe('of what is presumed only, unless it is of another kind or names another record:', () => {
    for (const [id, own, other] of [
      ['patientDetails', { patientIdentifier: 'P1' }, { patientIdentifier: 'P2' }],
      ['updatePatient', { patientIdentifier: 'P1' }, { patientIdentifier: 'P2' }],
      ['createPatient', { patientIdentifier: 'P1' }, { patientIdentifier: 'P2' }],
      ['packageDetails', { clientIdentifier: 'PKG' }, { clientIdentifier: 'OTHER' }],
      ['patientReportDetails', { id: '17' }, { id: 18 }],
    ] as const) {
      it(id, () => {
        const sent = id === 'createPatient' ? { patientIdentifier: 'P1' } : undefined;
        for (const body of [own, {}, { name: 'x' }]) assert.equal(expected(id, body, sent), true, id);
        const failures = [{ message: 'x' }, { id: '17', message: 'x' }];
        for (const body of [other, [], null, 'x', 5, undefined, ...failures]) {
          assert.equal(expected(id, body, sent), false, JSON.stringify(body));
        }
        assert.equal(expected(id, undefined, sent, 204), true);
      });
    }

    it('any JSON of what is not documented at all', () => {
      for (const id of ['submitPatientSurvey', 'updatePatientAgreements'] as const) {
        for (const body of [{}, [], null, true]) assert.equal(expected(id, body, {}), true);
        assert.equal(expected(id, undefined, {}), false);
        assert.equal(expected(id, undefined, {}, 204), true);
      }
    });
  });

  describe('of a write to the elements of an order, if they show it:', () => {
    const shows = (elements: unknown, sent: object) =>
      expected('updatePatientOrder', { ...order, elements }, sent) &&
      expected('createPatientOrder', { ...order, elements }, { ...order, ...sent });

    it('a kit that was activated has left the steps before', () => {
      const sent = { kitActivations: [{ packageElementIdentifier: 'K1', activationCode: 'TH-DEMO' }] };
      for (const status of ['ACTIVATED', 'AT_LAB', 'COMPLETED', 'NEW_WORD']) {
        assert.equal(shows([kit('K0', 'UNREGISTERED'), kit('K1', status)], sent), true, status);
      }
      for (const elements of [
        [kit('K1', 'UNREGISTERED')],
        [kit('K1', 'NOT_ACTIVATED')],
        [kit('K2', 'ACTIVATED')],
        [kit('K1', '')],
        [{ type: 'kit', packageElementIdentifier: 'K1' }],
        [visit('K1', 'COMPLETED')],
        [],
        undefined,
        {},
        [null, 'K1'],
      ]) {
        assert.equal(shows(elements, sent), false, JSON.stringify(elements));
      }
    });

    it('all of several kits, numbers as text', () => {
      const sent = {
        kitActivations: [{ packageElementIdentifier: 'K1' }, { packageElementIdentifier: '2' }],
      };
      assert.equal(shows([kit('K1', 'ACTIVATED'), kit(2, 'ACTIVATED')], sent), true);
      assert.equal(shows([kit('K1', 'ACTIVATED'), kit(2, 'NOT_ACTIVATED')], sent), false);
    });

    it('an appointment that was set or taken back', () => {
      const sent = (scheduled: boolean) => ({
        labAppointments: [{ packageElementIdentifier: 'V1', scheduled }],
      });
      const statuses = ['NOT_REQUISITIONED', 'REQUISITIONED', 'SCHEDULED', 'ATTENDED', 'COMPLETED'];
      const shown = (scheduled: boolean) => statuses.map((one) => shows([visit('V1', one)], sent(scheduled)));
      assert.deepEqual(shown(true), [false, false, true, true, true]);
      assert.deepEqual(shown(false), [true, true, false, true, true]);
      assert.equal(shows([], sent(false)), false);
      for (const one of [true, false])
        assert.equal(shows([{ type: 'labVisit', packageElementIdentifier: 'V1' }], sent(one)), false);
    });
  });
});

describe('A success that cannot be believed', () => {
  let server: TestServer;
  let client: ApiClient;
  let random: sinon.SinonStub;
  beforeEach(async () => {
    random = sinon.stub(Math, 'random').returns(0);
    server = await TestServer.start();
    client = new ApiClient({
      baseUrl: server.url,
      connections: 4,
      clientId: 'id',
      clientSecret: 'secret',
      scopes: () => [],
      clientAuth: 'basic',
      tokenPath: '/oauth/token',
      timeout: 5000,
      concurrency: 4,
      rate: 0,
    });
  });
  afterEach(async () => {
    random.restore();
    await client.close();
    await server.stop();
  });

  it('leaves the outcome of every write unknown, and none is sent again', async () => {
    for (const operation of all.filter(({ writes, response }) => writes && response?.type === 'object')) {
      for (const answer of [
        json(200, []),
        raw(201, ''),
        json(201, { orderIdentifier: 'X', id: 'X', patientIdentifier: 'X' }),
      ]) {
        server.requests.length = 0;
        server.answers = [answer];
        await assert.rejects(
          client.call(operation, params, { ...order, patientIdentifier: 'P1', archived: true }),
          {
            code: 'bad_response',
            outcome: 'unknown',
            retryable: false,
          },
          operation.id,
        );
        assert.equal(server.apiRequests.length, 1, operation.id);
      }
    }
  });

  it('makes every read ask again, and take the first response that can be believed', async () => {
    const good = { ...order, patientIdentifier: 'P1', clientIdentifier: 'PKG' };
    for (const operation of all.filter(({ writes }) => !writes)) {
      const { list, path } = operation;
      const body = list ? { [list.items]: [{ a: 1 }] } : { ...good, id: path.includes('reportId') ? 17 : 4 };
      server.answers = [json(200, 'false'), json(200, body)];
      assert.deepEqual((await client.call(operation, params)).body, body, operation.id);
    }
  });

  it('never passes on the record of another patient', async () => {
    server.answers = [json(200, { patientIdentifier: 'P2', lastName: 'CANARY' })];
    const error = await client.call(operations.patientDetails, params).catch((fault: unknown) => fault);
    assert.equal((error as { code: string }).code, 'bad_response');
    assert.doesNotMatch(JSON.stringify(error) + String(error), /CANARY|P1|P2/);
    assert.equal(server.apiRequests.length, 4);
  });

  it('is no matter of a request that the description does not know', async () => {
    for (const [answer, body] of [
      [json(200, {}), {}],
      [json(200, []), []],
      [raw(200, ''), null],
    ] as const) {
      server.answers = [answer];
      assert.deepEqual((await client.request({ method: 'POST', path: '/results', body: {} })).body, body);
    }
  });
});
