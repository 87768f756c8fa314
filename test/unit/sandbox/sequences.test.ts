import assert from 'node:assert/strict';
import Ajv from 'ajv';
import fc from 'fast-check';
import description from '../../../src/generated/openapi.json';
import { packages } from '../../../src/sandbox/data/catalog';
import type { SandboxEvent } from '../../../src/sandbox/webhooks/events';
import { moves } from '../../../src/sandbox/domain/order-transitions';
import type { OrderState, PatientState } from '../../../src/sandbox/domain/model';
import { canActivate, kits, labVisits, prefixOf } from '../../../src/sandbox/domain/order-parts';
import { assertValid } from '../../support/answers';
import { person, shipping } from '../../support/sandbox';
import { SandboxInProcess, type InProcessAnswer } from '../../support/sandbox-in-process';

/** A random number that a step makes its choices with. */
type Choose = <T>(list: readonly T[]) => T | undefined;

interface Walk {
  sandbox: SandboxInProcess;
  call: (method: string, path: string, body?: unknown) => Promise<InProcessAnswer>;
  choose: Choose;
  patient: PatientState;
  patientPath: string;
  order: OrderState | undefined;
  counter: number;
}

const surveyAnswers: Record<string, Record<string, string>> = {
  lifestyle: { NAME: 'Demo', WEIGHT: '150', LAST_CHECKUP: '01/31/2025', SMOKER: 'NEVER', WALKING: 'true' },
  stress: { STRESS_LEVEL: 'VERY', STRESS_CAUSES: 'deadlines' },
};

/** Everything that a client, the patient, the lab or a person at the page may do at any time. */
const steps: Record<string, (walk: Walk) => Promise<unknown>> = {
  registerPatient: ({ call, counter }) =>
    call('POST', '/patients', { patientIdentifier: `NEW-${counter}`, ...person }),
  changePatient: ({ call, patientPath, counter }) =>
    call('PATCH', patientPath, {
      lastName: `Name${counter}`,
      healthProfile: { SMOKER: 'TRUE', WEIGHT: counter },
    }),
  readPatient: ({ call, patientPath }) => call('GET', patientPath),
  listPatients: ({ call, choose }) =>
    call('GET', `/patients?pageNumber=${choose([1, 2, 3, 99])}&pageSize=${choose([1, 5, 100])}`),
  agree: ({ call, patientPath, choose }) =>
    call('POST', `${patientPath}/agreements`, [
      { documentIdentifier: 'terms-of-use', patientResponse: choose(['ACCEPT', 'DECLINE']) },
    ]),
  readAgreements: async ({ call }) => {
    await call('GET', '/patients/agreement-documents');
    await call('GET', '/patients/agreement-documents/research-consent');
  },
  order: ({ call, patientPath, choose, counter }) => {
    const ordered = choose(packages);
    return call('POST', `${patientPath}/orders`, {
      orderIdentifier: `ORDER ${counter}/é`,
      packageIdentifier: ordered?.clientIdentifier,
      patientInformation: person,
      notes: choose(['', 'ring twice']),
      ...(choose([true, false]) ? { fulfillmentInformation: shipping } : {}),
    });
  },
  readOrders: async ({ call, patientPath, order }) => {
    await call('GET', `${patientPath}/orders?pageNumber=1&pageSize=100`);
    if (order) await call('GET', orderPath(patientPath, order));
  },
  note: ({ call, patientPath, order, counter }) =>
    order ? call('PATCH', orderPath(patientPath, order), { notes: `note ${counter}` }) : nothing(),
  activateKit: ({ call, patientPath, order, choose }) => {
    const kit = order && choose(kits(order.order).filter((candidate) => canActivate(order, candidate)));
    if (!kit) return nothing();
    const prefix = prefixOf(order.order, kit);
    const activationCode = prefix === '' ? '12345678' : `${prefix}-DEMO`;
    const { packageElementIdentifier } = kit;
    return call('PATCH', orderPath(patientPath, order), {
      kitActivations: [{ packageElementIdentifier, activationCode }],
    });
  },
  schedule: ({ call, patientPath, order, choose }) => {
    const open = ['REQUISITIONED', 'SCHEDULED'];
    const visit = order && choose(labVisits(order.order).filter(({ status }) => open.includes(status)));
    if (!visit) return nothing();
    const { packageElementIdentifier } = visit;
    return call('PATCH', orderPath(patientPath, order), {
      labAppointments: [{ packageElementIdentifier, scheduled: choose([true, false]) }],
    });
  },
  answerSurvey: async ({ call, patientPath, order, choose }) => {
    const key = choose(Object.keys(surveyAnswers))!;
    const complete = choose([true, false]);
    await call('POST', `${patientPath}/surveys/${key}`, {
      responses: surveyAnswers[key],
      orderIdentifierFilters: [order ? order.order.orderIdentifier : null],
      ...(complete ? { updateOrders: true, complete: true } : {}),
    });
    await call('GET', `${patientPath}/surveys/${key}`);
  },
  readSurveys: async ({ call }) => {
    await call('GET', '/surveys');
    await call('GET', '/surveys/lifestyle');
  },
  readPackages: async ({ call }) => {
    await call('GET', '/packages?pageNumber=1&pageSize=100');
    await call('GET', '/packages/STRESS-360');
  },
  readReports: async ({ call, patientPath, patient, order, choose }) => {
    await call('GET', `${patientPath}/reports?packageIdentifier=GUT-BALANCE,BIO-AGE`);
    if (order) await call('GET', `${orderPath(patientPath, order)}/reports`);
    const report = choose(patient.reports);
    if (report) await call('GET', `${patientPath}/reports/${report.details.id}/details`);
  },
  readAdvice: async ({ call, patientPath, patient, choose }) => {
    const type = choose(['diet', 'diet,product', 'lifestyle']);
    const path = `${patientPath}/recommendations`;
    await call('GET', `${path}?recommendationType=${type}&includeArchived=${choose([true, false])}`);
    const advice = choose(patient.recommendations);
    if (!advice) return;
    await call('GET', `${path}/${advice.id}`);
    await call('PATCH', `${path}/${advice.id}`, { archived: choose([true, false]) });
  },
  move: ({ sandbox, patient, order, choose }) => {
    const move = order && choose(moves(patient, order));
    if (move) sandbox.services.lifecycle.move(patient, order, move.name, move.element);
    return nothing();
  },
  release: ({ sandbox, patient, order, choose }) => {
    if (order && choose([true, false, false])) sandbox.services.lifecycle.release(patient, order);
    return nothing();
  },
};

const nothing = (): Promise<undefined> => Promise.resolve(undefined);

const orderPath = (patientPath: string, { order }: OrderState): string =>
  `${patientPath}/orders/${encodeURIComponent(order.orderIdentifier)}`;

const ajv = new Ajv({ strict: false, formats: { identifier: true } });
const validators = new Map(
  Object.entries(description['x-webhooks']).map(([topic, { post }]) => {
    const name = post.requestBody.content['application/json'].schema.$ref.split('/').pop() ?? '';
    const { schemas } = description.components;
    return [topic, ajv.compile({ components: { schemas }, $ref: `#/components/schemas/${name}` })];
  }),
);

function assertEvent({ topic, body }: SandboxEvent): void {
  const validate = validators.get(topic);
  assert.ok(validate?.(body), `${topic} ${JSON.stringify(body)} ${JSON.stringify(validate?.errors)}`);
}

/** What must hold for every order at any time. */
function assertSound(patient: PatientState, { order, fulfillment }: OrderState): void {
  const reports = patient.reports.filter(({ orderIdentifier }) => orderIdentifier === order.orderIdentifier);
  assert.equal(order.completed, reports.length > 0, 'complete means that there is a report');
  assert.equal(order.completed, Boolean(order.completedTimestamp));
  for (const element of order.elements) {
    assert.equal(element.status === 'COMPLETED', Boolean(element.completedTimestamp), element.name);
    if (order.completed) assert.equal(element.status, 'COMPLETED');
  }
  assert.equal(Boolean(fulfillment), Boolean(order.fulfillmentInformation));
}

describe('Every answer of the sandbox is valid and digestible for the UI-Kit', () => {
  let sandbox: SandboxInProcess;

  before(async () => {
    sandbox = await SandboxInProcess.create();
  });

  const call = async (method: string, path: string, body?: unknown): Promise<InProcessAnswer> => {
    const answer = await sandbox.call(method, path, body);
    await assertValid(answer.operation, answer.status, answer.body);
    return answer;
  };

  it('for all of the seeded data', async () => {
    const { body } = await call('GET', '/patients?pageSize=1000');
    assert.equal(body.patients.length, 25);
    for (const { patientIdentifier } of body.patients as { patientIdentifier: string }[]) {
      const path = `/patients/${patientIdentifier}`;
      await call('GET', path);
      const { orders } = (await call('GET', `${path}/orders`)).body as {
        orders: { orderIdentifier: string }[];
      };
      for (const { orderIdentifier } of orders)
        await call('GET', `${path}/orders/${orderIdentifier}/reports`);
      const { reports } = (await call('GET', `${path}/reports`)).body as { reports: { id: number }[] };
      for (const { id } of reports) await call('GET', `${path}/reports/${id}/details`);
      await call('GET', `${path}/recommendations`);
    }
  });

  it('after 2,000 random legal sequences of calls and moves', async function () {
    this.timeout(120_000);
    const seen = new Set<string>();
    const sequence = fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), fc.nat(), fc.nat(9)), {
      minLength: 4,
      maxLength: 16,
    });
    await fc.assert(
      fc.asyncProperty(sequence, async (walked) => {
        sandbox.reset();
        let counter = 0;
        for (const [name, rng, who] of walked) {
          counter++;
          let salt = rng;
          const choose: Choose = (list) => list[(salt = (salt * 31 + 7) >>> 0) % Math.max(1, list.length)];
          const patientIdentifier = `SB-${String(who + 1).padStart(6, '0')}`;
          const patient = sandbox.services.store.edit(patientIdentifier)!;
          const legal = async (...args: Parameters<Walk['call']>): Promise<InProcessAnswer> => {
            const answer = await call(...args);
            assert.ok(answer.status < 300, `${args.join(' ')}: ${JSON.stringify(answer.body)}`);
            seen.add(answer.operation ?? '');
            return answer;
          };
          const patientPath = `/patients/${patientIdentifier}`;
          const order = choose(patient.orders);
          await steps[name]!({ sandbox, call: legal, choose, patient, patientPath, order, counter });
          for (const state of patient.orders) assertSound(patient, state);
        }
        sandbox.events.forEach(assertEvent);
      }),
      { numRuns: 2000, seed: 20250601 },
    );
    assert.equal(seen.size, 23, `operations that were called: ${[...seen].sort().join(' ')}`);
  });

  it('for what is refused too', async () => {
    const refusals: [number, string, string, unknown?][] = [
      [404, 'GET', '/patients/nobody'],
      [404, 'GET', '/patients/SB-000001/orders/none'],
      [404, 'GET', '/patients/SB-000001/reports/0/details'],
      [404, 'GET', '/patients/SB-000001/reports/x/details'],
      [404, 'GET', '/patients/SB-000001/recommendations/1'],
      [404, 'GET', '/surveys/none'],
      [404, 'GET', '/packages/none'],
      [400, 'GET', '/patients?pageNumber=0'],
      [400, 'GET', '/patients?pageSize=x'],
      [400, 'GET', '/patients/SB-000001/recommendations?createdAfter=yesterday'],
      [400, 'GET', '/patients/SB-000001/recommendations?recommendationType=poison'],
      [400, 'POST', '/patients', {}],
      [400, 'POST', '/patients', { ...person, patientIdentifier: 'x', dateOfBirth: '1980-02-30' }],
      [400, 'PATCH', '/patients/SB-000001', { patientIdentifier: 'other' }],
      [409, 'POST', '/patients', { ...person, patientIdentifier: 'SB-000001' }],
      [400, 'PATCH', '/patients/SB-000001/orders/SB-000001-O1', {}],
      [400, 'PATCH', '/patients/SB-000001/orders/SB-000001-O1', { status: 'COMPLETED' }],
    ];
    for (const [status, method, path, body] of refusals) {
      assert.equal((await call(method, path, body)).status, status, `${method} ${path}`);
    }
  });
});
