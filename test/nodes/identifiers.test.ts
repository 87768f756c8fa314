import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { operations } from '../../src/generated/operations';
import type { Operation } from '../../src/lib/api/operation';
import configNode from '../../src/nodes/onegevity-config';
import kitNode from '../../src/nodes/onegevity-kit';
import orderNode from '../../src/nodes/onegevity-order';
import packageNode from '../../src/nodes/onegevity-package';
import patientNode from '../../src/nodes/onegevity-patient';
import recommendationNode from '../../src/nodes/onegevity-recommendation';
import reportNode from '../../src/nodes/onegevity-report';
import surveyNode from '../../src/nodes/onegevity-survey';
import { helper, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { json, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const nodes = [
  configNode,
  kitNode,
  orderNode,
  packageNode,
  patientNode,
  recommendationNode,
  reportNode,
  surveyNode,
  load('@node-red/nodes/core/common/25-catch.js') as NodeModule,
];
const types: Record<string, string> = {
  patients: 'patient',
  orders: 'order',
  kits: 'kit',
  packages: 'package',
  surveys: 'survey',
  reports: 'report',
  recommendations: 'recommendation',
};
/** What creates a second patient or order, or reaches another thing than was meant. */
const lookAlikes = [
  'SB-1 ',
  'SB-1\r',
  'SB-1\u00a0',
  'SB-1\ufeff',
  'SB\u200b-1',
  'undefined',
  'NaN',
  '..',
  '.',
];
const all = Object.values<Operation>(operations);
const isIdentifier = ({ schema }: Operation['parameters'][number]) =>
  schema.format === 'identifier' || schema.items?.format === 'identifier';
const address = { streetAddress1: '1 Way', city: 'X', region: 'NY', country: 'US', postalCode: '1' };
const order = {
  orderIdentifier: 'SB-1-O1',
  packageIdentifier: 'GUT-BALANCE',
  patientInformation: {
    firstName: 'A',
    lastName: 'B',
    gender: 'UNKNOWN',
    dateOfBirth: '1990-04-01',
    email: 'e',
    phoneNumber: '1',
    address,
  },
};

describe('An identifier that only looks right', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
    server.answers = [json(404, {})];
  });
  afterEach(() => server.stop());

  async function start(operation: Operation, more: object = {}): Promise<void> {
    await helper.load(
      nodes,
      [
        { id: 'tab', type: 'tab' },
        { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url },
        {
          id: 'n',
          z: 'tab',
          type: `onegevity-${types[operation.tag]}`,
          operation: operation.id,
          config: 'c',
          wires: [],
          ...more,
        },
        { id: 'catcher', z: 'tab', type: 'catch', wires: [['caught']] },
        { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ] as never[],
      { c: { clientId: 'id', clientSecret: 'secret' } },
    );
  }

  async function rejected(
    msg: Record<string, unknown>,
  ): Promise<{ code: string; field: string | undefined }> {
    const caught = nextMessage('caught');
    helper.getNode('n').receive(msg);
    const { onegevity, error } = (await caught) as {
      error: { message: string };
      onegevity: { error: { code: string; fieldErrors?: { fieldName: string }[] } };
    };
    const { code, fieldErrors } = onegevity.error;
    assert.doesNotMatch(error.message, /SB-1/);
    assert.deepEqual(server.requests, []);
    return { code, field: fieldErrors?.[0]?.fieldName };
  }

  it('is known to the description in every path', () => {
    for (const { id, parameters } of all) {
      for (const parameter of parameters) {
        const named = parameter.in === 'path' || /dentifier$|Code$|Id$/.test(parameter.name);
        assert.equal(isIdentifier(parameter), named, `${id}: ${parameter.name}`);
      }
    }
  });

  for (const operation of all.filter(({ parameters }) => parameters.some(isIdentifier))) {
    it(`is rejected by ${operation.id} before any request, in each parameter`, async () => {
      const fields = Object.fromEntries(
        operation.parameters.map(({ name }) => [name, { type: 'msg', value: `given.${name}` }]),
      );
      await start(operation, { fields });
      const good: Record<string, unknown> = Object.fromEntries(
        operation.parameters.map(({ name, schema }) => [
          name,
          { boolean: true, integer: 7, array: undefined }[schema.type as string] ??
            (isIdentifier({ name, schema } as never) ? 'SB-1' : undefined),
        ]),
      );
      for (const { name } of operation.parameters.filter(isIdentifier)) {
        for (const value of lookAlikes) {
          const { code, field } = await rejected({ payload: order, given: { ...good, [name]: value } });
          assert.deepEqual([code, field], ['bad_identifier', name], JSON.stringify(value));
        }
        // Not the same as none: a filter would vanish, or the only kit be chosen.
        const { code } = await rejected({ payload: order, given: { ...good, [name]: ' \t' } });
        assert.match(code, /^(missing_parameter|bad_identifier)$/);
      }
    });
  }

  for (const patientMustExist of [false, true]) {
    it(`is rejected in the body of an order${patientMustExist ? ', before its patient is read' : ''}`, async () => {
      await start(operations.createPatientOrder, { patientMustExist });
      const ids = { patientIdentifier: 'SB-1' };
      for (const value of lookAlikes) {
        for (const [field, body] of [
          ['orderIdentifier', { orderIdentifier: value }],
          ['packageIdentifier', { packageIdentifier: value }],
          [
            'kitActivations.1.activationCode',
            {
              kitActivations: [
                { packageElementIdentifier: 'KIT', activationCode: 'TH-YYYY' },
                { packageElementIdentifier: 'KIT', activationCode: value },
              ],
            },
          ],
          [
            'labAppointments.0.packageElementIdentifier',
            { labAppointments: [{ packageElementIdentifier: value, scheduled: true }] },
          ],
        ] as const) {
          const result = await rejected({ payload: { ...ids, ...order, ...body } });
          assert.deepEqual(result, { code: 'bad_identifier', field });
        }
      }
    });
  }

  for (const [id, field, payload] of [
    ['createPatient', 'patientIdentifier', { firstName: 'A', patientIdentifier: 'SB-1\r' }],
    ['createPatient', 'patientIdentifier', { firstName: 'A', patientIdentifier: '' }],
    [
      'updatePatientOrder',
      'kitActivations.0.activationCode',
      {
        patientIdentifier: 'SB-1',
        orderIdentifier: 'SB-1-O1',
        kitActivations: [{ packageElementIdentifier: 'KIT', activationCode: 'null' }],
      },
    ],
    [
      'submitPatientSurvey',
      'orderIdentifierFilters.0',
      {
        patientIdentifier: 'SB-1',
        surveyKey: 'stress',
        responses: { A: 'b' },
        orderIdentifierFilters: ['SB-1 '],
      },
    ],
    [
      'updatePatientAgreements',
      'agreements.0.documentIdentifier',
      { patientIdentifier: 'SB-1', agreements: [{ documentIdentifier: '..', patientResponse: 'ACCEPT' }] },
    ],
  ] as const) {
    it(`is rejected in the body of ${id} (${field})`, async () => {
      await start(operations[id]);
      assert.deepEqual(await rejected({ payload }), { code: 'bad_identifier', field });
    });
  }
});
