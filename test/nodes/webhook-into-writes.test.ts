import assert from 'node:assert/strict';
import configNode from '../../src/nodes/onegevity-config';
import kitNode from '../../src/nodes/onegevity-kit';
import orderNode from '../../src/nodes/onegevity-order';
import patientNode from '../../src/nodes/onegevity-patient';
import recommendationNode from '../../src/nodes/onegevity-recommendation';
import requestNode from '../../src/nodes/onegevity-request';
import surveyNode from '../../src/nodes/onegevity-survey';
import { createRequire } from 'node:module';
import { operations } from '../../src/generated/operations';
import { topics } from '../../src/generated/topics';
import type { Operation } from '../../src/lib/api/operation';
import { helper, messages, useHelper, type NodeModule } from '../support/helper';
import { TestServer } from '../support/http-server';

const catchNode = createRequire(__filename)('@node-red/nodes/core/common/25-catch.js') as NodeModule;
const modules = [configNode, kitNode, orderNode, patientNode, recommendationNode, requestNode, surveyNode];
const types: Record<string, string> = {
  kits: 'onegevity-kit',
  orders: 'onegevity-order',
  patients: 'onegevity-patient',
  recommendations: 'onegevity-recommendation',
  surveys: 'onegevity-survey',
};
const writes = Object.values<Operation>(operations).filter((operation) => operation.writes);

describe('An event wired straight into an operation that writes', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  for (const { id, tag } of writes) {
    it(`is refused before any request by ${id}, whatever its topic and whatever was added to it`, async () => {
      await refusesAll({ type: types[tag], operation: id });
    });
  }

  for (const method of ['POST', 'PATCH', 'PUT']) {
    it(`is refused before any request by the request node with ${method}`, async () => {
      const fields = { path: { type: 'str', value: '/orders' } };
      await refusesAll({ type: 'onegevity-request', method, fields });
    });
  }

  async function refusesAll(node: Record<string, unknown>): Promise<void> {
    await helper.load(
      [...modules, catchNode],
      [
        { id: 'tab', type: 'tab' },
        { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url } as never,
        { id: 'n', z: 'tab', config: 'c', wires: [], ...node } as never,
        {
          id: 'catcher',
          z: 'tab',
          type: 'catch',
          scope: ['n'],
          uncaught: false,
          wires: [['caught']],
        } as never,
        { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ],
      { c: { clientId: 'id', clientSecret: 'secret' } },
    );
    const events = topics.flatMap(({ name, members }) => {
      const event = { id: 1, ...Object.fromEntries(members.map((member) => [member, 'X1'])) };
      const parameters = { patientIdentifier: 'P1', orderIdentifier: 'O1', activationCode: 'TH-1' };
      return [event, { ...event, createdTimestamp: 'x' }, { ...parameters, ...event }].map((payload) => ({
        payload,
        topic: name,
        onegevity: { topic: name, delivery: { hash: 'h' } },
      }));
    });
    const caught = messages('caught', events.length);
    for (const event of events) helper.getNode('n').receive(structuredClone(event));
    const codes = (await caught).map((msg) => (msg.error as { code: string }).code);
    assert.deepEqual(server.requests, []);
    for (const code of codes) assert.match(code, /^(webhook_as_body|missing_parameter|bad_body)$/);
  }
});
