import assert from 'node:assert/strict';
import { startSandbox, type Sandbox } from '../../src/sandbox';
import { startNodeRed, type NodeRed } from '../support/node-red';

const secret = 'CANARY-client-secret-0815';

/** A flow that reads one patient at start, with a Catch node; no step of it may end Node-RED or leak. */
const flow = (config: Record<string, unknown>) => [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'c', type: 'onegevity-config', environment: 'custom', ...config },
  {
    id: 'start',
    type: 'inject',
    z: 'tab',
    once: true,
    onceDelay: 0.01,
    repeat: '',
    crontab: '',
    props: [{ p: 'payload' }],
    payload: '{"patientIdentifier":"CANARY-patient"}',
    payloadType: 'json',
    wires: [['read']],
  },
  {
    id: 'read',
    type: 'onegevity-patient',
    z: 'tab',
    config: 'c',
    operation: 'patientDetails',
    wires: [['outProbe']],
  },
  { id: 'outProbe', type: 'test-probe', z: 'tab', label: 'out', wires: [[]] },
  { id: 'catcher', type: 'catch', z: 'tab', scope: null, uncaught: false, wires: [['caughtProbe']] },
  { id: 'caughtProbe', type: 'test-probe', z: 'tab', label: 'caught', wires: [[]] },
];

describe('A flow whose configuration does not work, in a real Node-RED', () => {
  let nodeRed: NodeRed | undefined;
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await startSandbox({ pace: 0 });
  });
  after(() => sandbox.close());
  afterEach(() => nodeRed?.stop());

  const cases = [
    {
      name: 'no credentials',
      config: () => ({ baseUrl: sandbox.url }),
      credentials: undefined,
      code: 'missing_credentials',
      status: 'credentials missing',
    },
    {
      name: 'wrong credentials',
      config: () => ({ baseUrl: sandbox.url }),
      credentials: { clientId: 'CANARY-client-id', clientSecret: secret },
      code: 'invalid_client',
      status: 'bad credentials',
    },
    {
      name: 'an unreachable root',
      config: () => ({ baseUrl: 'http://127.0.0.1:9' }),
      credentials: { clientId: 'CANARY-client-id', clientSecret: secret },
      code: 'connection_refused',
      status: 'connection refused',
    },
  ];
  for (const { name, config, credentials, code, status } of cases) {
    it(`with ${name}, starts, says so in red, and gives one error to the Catch node`, async () => {
      nodeRed = await startNodeRed({
        flows: flow(config()),
        ...(credentials ? { credentials: { c: credentials } } : {}),
      });
      const [caught] = await nodeRed.waitForMessages('caught');
      assert.equal(caught?.msg.error.code, code);
      assert.equal(caught.msg.onegevity.error.outcome, 'failed');
      await nodeRed.waitForStatus('read', ({ fill, text }) => fill === 'red' && text === status);
      assert.equal(nodeRed.messagesOf('caught').length, 1);
      assert.equal(nodeRed.messagesOf('out').length, 0);
      assert.doesNotMatch(nodeRed.log, /CANARY/);
    });
  }
});
