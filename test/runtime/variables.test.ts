import assert from 'node:assert/strict';
import { json, TestServer } from '../support/http-server';
import { startNodeRed, type NodeRed } from '../support/node-red';

const canary = 'CANARY-value';
const reference = (name: string) => `\${ONEGEVITY_TEST_${name}}`;

describe('a setting that comes from an environment variable', () => {
  let server: TestServer;
  let nodeRed: NodeRed;
  before(async () => {
    server = await TestServer.start();
    server.token = json(400, { error: 'invalid_scope' });
    const patient = { fields: { patientIdentifier: { type: 'str', value: 'P1' } } };
    const config = { type: 'onegevity-config', environment: 'custom', baseUrl: server.url };
    const hook = { z: 'tab', type: 'onegevity-webhook', config: 'good', path: reference('PATH'), wires: [] };
    const call = (id: string, account: string, more: object = {}) => [
      { id: `go-${id}`, z: 'tab', type: 'inject', once: true, onceDelay: 0.1, props: [], wires: [[id]] },
      {
        id,
        z: 'tab',
        type: 'onegevity-patient',
        operation: 'patientDetails',
        config: account,
        ...more,
        wires: [[]],
      },
    ];
    nodeRed = await startNodeRed({
      env: {
        ONEGEVITY_TEST_CANARY: canary,
        ONEGEVITY_TEST_PATH: `/${canary}`,
        ONEGEVITY_TEST_PLACE: `payload["${canary}"]`,
      },
      credentials: Object.fromEntries(
        ['good', 'environment', 'scopes', 'list'].map((id) => [
          id,
          { clientId: 'id', clientSecret: 'secret', webhookSecret: 'secret' },
        ]),
      ),
      flows: [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'good', ...config },
        { id: 'environment', ...config, environment: reference('CANARY') },
        { id: 'scopes', ...config, scopes: reference('CANARY') },
        { id: 'list', ...config, scopes: ['a', reference('CANARY')] },
        { id: 'literal', ...config, environment: 'moon' },
        { id: 'h1', ...hook },
        { id: 'h2', ...hook },
        ...call('n1', 'environment', patient),
        ...call('n2', 'scopes', patient),
        ...call('n3', 'list', patient),
        ...call('n4', 'good', { ...patient, operation: reference('CANARY') }),
        ...call('n5', 'good', { fields: { patientIdentifier: { type: 'msg', value: reference('PLACE') } } }),
      ] as never,
    });
    for (const id of ['n1', 'n2', 'n3', 'n4', 'n5'])
      await nodeRed.waitForLog(new RegExp(`\\[error\\] \\[onegevity-patient:${id}\\]`));
  });
  after(async () => {
    await nodeRed?.stop();
    await server?.stop();
  });

  const error = (node: string) => new RegExp(`\\[error\\] \\[${node}\\] .*`).exec(nodeRed.log)?.[0] ?? '';

  for (const [what, node, name] of [
    ['the environment', 'onegevity-config:environment', 'CANARY'],
    ['the scopes', 'onegevity-patient:n2', 'CANARY'],
    ['one scope of a list', 'onegevity-patient:n3', 'CANARY'],
    ['the operation', 'onegevity-patient:n4', 'CANARY'],
    ['the place of a parameter', 'onegevity-patient:n5', 'PLACE'],
    ['the path of a webhook', 'onegevity-webhook:h2', 'PATH'],
  ] as const) {
    it(`is named in an error by the variable: ${what}`, () => {
      assert.ok(error(node).includes(reference(name)), error(node));
    });
  }

  it('is named by its value where the flow file holds the value itself', () => {
    assert.match(error('onegevity-config:literal'), /"moon"/);
  });

  it('has its value in no line of the log', () => {
    assert.ok(
      !nodeRed.log.includes(canary),
      nodeRed.log.split('\n').find((line) => line.includes(canary)),
    );
  });
});
