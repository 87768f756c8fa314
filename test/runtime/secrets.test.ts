import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secureServer } from '../support/certificates';
import { ConnectProxy } from '../support/connect-proxy';
import { type Answer, json, raw, reset, silent, TestServer, truncated } from '../support/http-server';
import { startNodeRed, type NodeRed } from '../support/node-red';

/** Each is looked for wherever it must not be. */
const canaries = {
  clientSecret: 'CANARY-client-secret',
  webhookSecret: 'CANARY-webhook-secret',
  token: 'CANARY-access-token',
  proxyPassword: 'CANARY-proxy-password',
  firstName: 'CANARY-first-name',
  dateOfBirth: '1901-02-03',
  email: 'canary@example.com',
  street: 'CANARY street 4711',
  identifier: 'CANARY-patient-id',
};

const patient = {
  patientIdentifier: canaries.identifier,
  orderIdentifier: 'CANARY-order-id',
  firstName: canaries.firstName,
  dateOfBirth: canaries.dateOfBirth,
  email: canaries.email,
  address: { streetAddress1: canaries.street },
};

/** What the server says back, with the patient in it, as vendors do. */
const echo = { ...patient, id: canaries.identifier, message: `${canaries.firstName} ${canaries.email}` };
const refusals = {
  ...echo,
  globalErrors: [canaries.email],
  fieldErrors: [{ fieldName: 'email', message: `${canaries.email} of ${canaries.firstName}` }],
};

describe('Secrets and patient data, in a real Node-RED at log level trace', () => {
  let nodeRed: NodeRed | undefined;
  const open: { stop(): Promise<void> }[] = [];
  afterEach(async () => {
    await nodeRed?.stop();
    for (const server of open.splice(0)) await server.stop();
  });

  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const server = await starting;
    open.push(server);
    return server;
  };
  const apiServer = async (answer: Answer, token?: Answer) => {
    const server = await started(TestServer.start());
    server.answers = [answer];
    server.token = token ?? json(200, { access_token: canaries.token, expires_in: 3600 });
    return server;
  };

  /** A tab with one node, whose errors and statuses go to probes. */
  const path = (name: string, baseUrl: string, node: object = {}, config: object = {}) => [
    { id: `t-${name}`, type: 'tab', label: name },
    {
      id: `c-${name}`,
      type: 'onegevity-config',
      name: '',
      environment: 'custom',
      baseUrl,
      timeout: 300,
      ...config,
    },
    {
      id: `n-${name}`,
      type: 'onegevity-patient',
      z: `t-${name}`,
      config: `c-${name}`,
      operation: 'updatePatient',
      wires: [[`p-${name}`]],
      ...node,
    },
    { id: `p-${name}`, type: 'test-probe', z: `t-${name}`, label: 'out', wires: [[]] },
    { id: `s-${name}`, type: 'status', z: `t-${name}`, scope: null, wires: [[`sp-${name}`]] },
    { id: `sp-${name}`, type: 'test-probe', z: `t-${name}`, label: 'status', wires: [[]] },
    { id: `k-${name}`, type: 'catch', z: `t-${name}`, scope: null, uncaught: false, wires: [[`kp-${name}`]] },
    { id: `kp-${name}`, type: 'test-probe', z: `t-${name}`, label: name, wires: [[]] },
  ];

  it('are in no log, status, error text or file, whichever way a call fails', async () => {
    const plain = await apiServer(json(200, { sections: [] }));
    const secure = await started(secureServer('self-signed'));
    const proxy = await started(ConnectProxy.start());
    proxy.refusal = '407 Proxy Authentication Required';
    const answers: Record<string, [Answer, Answer?]> = {
      validation: [json(400, refusals)],
      unauthorized: [json(401, echo)],
      forbidden: [json(403, echo)],
      not_found: [json(404, echo)],
      conflict: [json(409, refusals)],
      rate_limited: [json(429, echo, { 'retry-after': '3600' })],
      server_error: [json(500, echo)],
      bad_response: [raw(200, `<p>${canaries.email}`, { 'content-type': 'application/json' })],
      redirected: [raw(302, '', { location: `https://${canaries.email}/` })],
      reset: [reset],
      truncated: [truncated],
      timeout: [silent],
      invalid_client: [json(200, {}), json(401, { error: 'invalid_client', secret: canaries.clientSecret })],
      invalid_scope: [json(200, {}), json(400, { error: 'invalid_scope', token: canaries.token })],
      bad_token_response: [json(200, {}), json(200, { token: canaries.token })],
    };
    const order = { type: 'onegevity-order', operation: 'createPatientOrder' };
    const flows = [
      ...path('tls', secure.url),
      ...path('proxy', plain.url, {}, { proxy: 'px' }),
      { id: 'px', type: 'http proxy', name: '', url: proxy.url, noproxy: [] },
      ...path('bad_body', plain.url, order),
      ...path('missing_parameter', plain.url, {
        fields: { patientIdentifier: { type: 'msg', value: 'payload.nothing' } },
      }),
      ...path('bad_parameter', plain.url, {
        fields: { patientIdentifier: { type: 'msg', value: 'payload' } },
      }),
      ...path('bad_expression', plain.url, {
        fields: { patientIdentifier: { type: 'jsonata', value: '$error(payload.email)' } },
      }),
      ...path('bad_path', plain.url, {
        type: 'onegevity-request',
        method: 'POST',
        fields: { path: { type: 'str', value: 'https://example.com/' } },
      }),
      ...path('survey', plain.url, {
        type: 'onegevity-survey',
        operation: 'submitPatientSurvey',
        fields: { key: { type: 'str', value: 'k' } },
        body: { mode: 'typed', type: 'jsonata', value: '{"answers":{"NAME":payload.firstName}}' },
      }),
    ];
    for (const [name, [answer, token]] of Object.entries(answers)) {
      flows.push(...path(name, (await apiServer(answer, token)).url));
    }
    const configs = flows.filter(({ type }) => type === 'onegevity-config');
    const { clientSecret, webhookSecret } = canaries;
    const credentials = Object.fromEntries(
      configs.map(({ id }) => [id, { clientId: 'client', clientSecret, webhookSecret }]),
    );
    nodeRed = await startNodeRed({
      flows,
      credentials: { ...credentials, px: { username: 'user', password: canaries.proxyPassword } },
    });
    const names = configs.map(({ id }) => id.slice('c-'.length));
    await receive(nodeRed, names);
    const failed = () => names.filter((name) => nodeRed?.messagesOf(name).length);
    await nodeRed.waitFor(
      () => (failed().length === names.length ? true : undefined),
      () => names.filter((name) => !failed().includes(name)).join(),
    );
    const { messages } = nodeRed;
    assert.deepEqual(nodeRed.messagesOf('out'), []);

    const errors = messages.map(({ label, msg }): unknown => (label === 'status' ? msg.status : msg.error));
    for (const { label, msg } of messages.filter((message) => names.includes(message.label))) {
      const expected = { truncated: 'reset', survey: 'bad_body' }[label] ?? label;
      assert.equal(msg.error.code, expected, JSON.stringify(msg.error));
    }
    await nodeRed.stop();
    assertClean('an error', JSON.stringify(errors));
    assertClean('a status', JSON.stringify(nodeRed.statuses));
    assertClean('the log', nodeRed.log);
  });

  it('are in no flow file that Node-RED writes', async () => {
    const server = await apiServer(json(400, refusals));
    nodeRed = await startNodeRed({ settings: { credentialSecret: 'key' } });
    const given = { clientId: 'client', clientSecret: canaries.clientSecret };
    const flow = path('validation', server.url).map((node) =>
      node.type === 'onegevity-config' ? { ...node, credentials: given } : node,
    );
    await nodeRed.deploy(flow);
    await receive(nodeRed, ['validation']);
    await nodeRed.waitForMessages('validation');
    const files = readdirSync(nodeRed.userDir, { withFileTypes: true }).filter((entry) => entry.isFile());
    assert.equal(
      files.some(({ name }) => name === 'flows.json'),
      true,
    );
    for (const { name } of files) {
      assertClean(name, readFileSync(join(nodeRed.userDir, name), 'utf8'));
    }
    const exported = await (await fetch(`${nodeRed.url}/flows`)).text();
    assertClean('the exported flow', exported);
    const sent = await (await fetch(`${nodeRed.url}/credentials/onegevity-config/c-validation`)).text();
    assertClean('what the editor gets', sent);
  });
});

/** Gives the patient to nodes as a message: in a flow it would be part of the flow's file. */
function receive(nodeRed: NodeRed, names: readonly string[]): Promise<number> {
  const message = `{ payload: ${JSON.stringify(patient)} }`;
  return nodeRed.evaluate(
    `${JSON.stringify(names)}.map((name) => RED.nodes.getNode('n-' + name).receive(${message})).length`,
  );
}

function assertClean(where: string, text: string): void {
  for (const [name, canary] of Object.entries(canaries)) {
    const at = text.indexOf(canary);
    assert.equal(at, -1, `${where} holds the ${name}: ${text.slice(Math.max(0, at - 200), at + 200)}`);
  }
}
