import assert from 'node:assert/strict';
import { startNodeRed, type NodeRed } from '../support/node-red';
import { json, TestServer } from '../support/http-server';

const secret = 'canary-client-secret';

describe("the editor's questions to the runtime", () => {
  let nodeRed: NodeRed;
  let server: TestServer;

  before(async () => {
    server = await TestServer.start();
    nodeRed = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'c1', type: 'onegevity-config', environment: 'custom', baseUrl: server.url },
        { id: 'c2', type: 'onegevity-config', environment: 'sandbox' },
        {
          id: 'sf',
          type: 'subflow',
          name: 'Clinic',
          in: [],
          out: [],
          env: [{ name: 'CLINIC_ID', type: 'str', value: 'of-the-subflow' }],
        },
        { id: 'inner', type: 'onegevity-config', z: 'sf', environment: 'custom', baseUrl: server.url },
        {
          id: 'template',
          type: 'onegevity-order',
          z: 'sf',
          x: 0,
          y: 0,
          config: '${ACCOUNT}',
          wires: [[]],
        },
        ...['one', 'two'].map((id) => ({
          id,
          type: 'subflow:sf',
          z: 'tab',
          x: 0,
          y: 0,
          env: [{ name: 'ACCOUNT', type: 'conf-type', value: 'c2' }],
          wires: [],
        })),
      ],
      credentials: {
        c1: { clientId: 'id', clientSecret: secret },
        inner: { clientId: 'inner', clientSecret: secret },
      },
      env: {
        ONEGEVITY_TEST_ID: 'from-variable',
        ONEGEVITY_TEST_EMPTY: ' ',
        ONEGEVITY_TEST_ROOT: server.url,
        ONEGEVITY_TEST_SCOPES: 'packages_read CANARY-scope',
      },
    });
  });
  after(async () => {
    await nodeRed?.stop();
    await server?.stop();
  });
  beforeEach(() => {
    server.requests.length = 0;
    server.answers = [json(200, { packages: [] })];
    server.token = json(200, { access_token: 'canary-token', expires_in: 600, scope: 'packages_read' });
  });

  const typed = (more: object = {}) => ({
    id: 'c1',
    environment: 'custom',
    baseUrl: server.url,
    scopes: 'packages_read patients_read',
    credentials: { clientId: 'id', clientSecret: '__PWRD__' },
    ...more,
  });

  async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
    const response = await fetch(`${nodeRed.url}/onegevity/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    assert.ok(!text.includes(secret) && !text.includes('canary-token'), 'nothing secret in the answer');
    return { status: response.status, body: JSON.parse(text) };
  }

  it('tries typed settings with the saved secret and says which scopes were granted', async () => {
    const { body } = await post('test-connection', typed());
    assert.equal(body.ok, true);
    assert.deepEqual(body.scopes, ['packages_read']);
    assert.deepEqual(body.notGranted, ['patients_read']);
    assert.equal(body.expiresIn, 600);
    assert.equal(body.readFault, undefined);
    const [token, read] = server.requests;
    const basic = Buffer.from(`id:${secret}`).toString('base64');
    assert.equal(token?.headers.authorization, `Basic ${basic}`);
    assert.equal(read?.url, '/api/v1/packages?pageNumber=1&pageSize=1');
  });

  it('tries credentials that are not saved yet', async () => {
    const credentials = { clientId: 'new', clientSecret: 'newer' };
    await post('test-connection', typed({ id: 'not-deployed', credentials, clientAuth: 'form' }));
    const form = new URLSearchParams(server.requests[0]?.body);
    assert.deepEqual([form.get('client_id'), form.get('client_secret')], ['new', 'newer']);
  });

  it('says at once why it failed', async () => {
    server.token = json(401, { error: 'invalid_client' });
    assert.equal((await post('test-connection', typed())).body.code, 'invalid_client');
    server.token = json(400, { error: 'invalid_scope' });
    assert.deepEqual((await post('test-connection', typed())).body, {
      ok: false,
      code: 'invalid_scope',
      values: { scope: 'packages_read patients_read' },
    });
    server.requests.length = 0;
    server.token = json(503, {});
    assert.equal((await post('test-connection', typed())).body.code, 'token_unavailable');
    assert.equal(server.requests.length, 1);
    assert.equal(
      (await post('test-connection', typed({ baseUrl: 'http://127.0.0.1:9' }))).body.code,
      'connection_refused',
    );
    assert.equal(
      (await post('test-connection', typed({ baseUrl: 'http://example.com' }))).body.code,
      'bad_base_url',
    );
    const unknown = await post(
      'test-connection',
      typed({ credentials: { clientId: '', clientSecret: 'x' } }),
    );
    assert.deepEqual(unknown.body, { ok: false, code: 'missing_credentials', values: { name: 'clientId' } });
  });

  it('names the variable that a setting comes from, and never shows what is in it', async () => {
    const shown = async (more: object): Promise<Record<string, unknown>> => {
      const { body } = await post('test-connection', typed(more));
      const text = JSON.stringify(body);
      assert.ok(!/from-variable|CANARY/.test(text) && !text.includes(server.url), text);
      return body as Record<string, unknown>;
    };
    const unknown = await shown({ environment: '${ONEGEVITY_TEST_ID}' });
    assert.deepEqual([unknown.code, unknown.values], ['bad_environment', { name: '${ONEGEVITY_TEST_ID}' }]);
    for (const name of ['baseUrl', 'tokenPath', 'proxy', 'tls', 'scopes', 'clientAuth'])
      await shown({ baseUrl: '${ONEGEVITY_TEST_ROOT}', [name]: '${ONEGEVITY_TEST_ID}' });

    const variables = { baseUrl: '${ONEGEVITY_TEST_ROOT}', scopes: '${ONEGEVITY_TEST_SCOPES}' };
    const granted = await shown(variables);
    assert.equal(granted.root, '${ONEGEVITY_TEST_ROOT}');
    assert.deepEqual(granted.notGranted, ['${ONEGEVITY_TEST_SCOPES}']);
    server.token = json(200, { access_token: 'canary-token' });
    assert.deepEqual((await shown(variables)).scopes, ['${ONEGEVITY_TEST_SCOPES}']);
    server.token = json(400, { error: 'invalid_scope' });
    assert.deepEqual((await shown(variables)).values, { scope: '${ONEGEVITY_TEST_SCOPES}' });
  });

  it('tells when a token is given and the API refuses it', async () => {
    server.answers = [json(403, {})];
    const { body } = await post('test-connection', typed());
    assert.equal(body.ok, true);
    assert.equal(body.readFault.code, 'forbidden');
    assert.equal(body.readFault.values.scope, 'packages_read');
  });

  it('tells when the clocks differ', async () => {
    server.token = (request, response, socket) => {
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      json(200, { access_token: 'canary-token', expires_in: 600 })(request, response, socket);
    };
    const { body } = await post('test-connection', typed());
    assert.ok(Math.abs(body.clockSkew - 3600) < 5, String(body.clockAhead));
  });

  it('resolves references to environment variables, and names one that is not set', async () => {
    await post(
      'test-connection',
      typed({ credentials: { clientId: '${ONEGEVITY_TEST_ID}', clientSecret: 'x' } }),
    );
    const basic = Buffer.from('from-variable:x').toString('base64');
    assert.equal(server.requests[0]?.headers.authorization, `Basic ${basic}`);
    const missing = { clientId: '${ONEGEVITY_TEST_MISSING}', clientSecret: 'x' };
    assert.deepEqual((await post('test-connection', typed({ credentials: missing }))).body, {
      ok: false,
      code: 'env_not_set',
      values: { name: 'ONEGEVITY_TEST_MISSING' },
    });
    const { body } = await post('variables', {
      names: ['ONEGEVITY_TEST_ID', 'ONEGEVITY_TEST_MISSING', 'ONEGEVITY_TEST_EMPTY'],
    });
    assert.deepEqual(body.variables, {
      ONEGEVITY_TEST_ID: 'set',
      ONEGEVITY_TEST_MISSING: 'missing',
      ONEGEVITY_TEST_EMPTY: 'empty',
    });
  });

  it('refuses what a form on a foreign page could send', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded']) {
      const { status } = await post('test-connection', typed(), { 'content-type': type });
      assert.equal(status, 415);
    }
    assert.equal(server.requests.length, 0);
  });

  it('refuses what a script on a foreign page could send or read', async () => {
    const own = { origin: nodeRed.url };
    for (const headers of [
      { origin: 'https://elsewhere.example' },
      { origin: 'null' },
      { ...own, 'sec-fetch-site': 'cross-site' },
    ]) {
      assert.equal((await post('test-connection', typed(), headers)).status, 403, JSON.stringify(headers));
      assert.equal((await post('variables', { names: ['PATH'] }, headers)).status, 403);
      const read = await fetch(`${nodeRed.url}/onegevity/account/c1/packages`, { headers });
      assert.equal(read.status, 403);
    }
    assert.equal(server.requests.length, 0);
    assert.equal((await post('test-connection', typed(), own)).status, 200);
  });

  it("offers the account's packages, surveys and kit elements", async () => {
    const get = async (path: string) =>
      (await fetch(`${nodeRed.url}/onegevity/account/${path}`)).json() as Promise<unknown>;
    for (const kind of ['packages', 'surveys', 'kit-elements']) {
      const { ok, items } = (await get(`c2/${kind}`)) as {
        ok: boolean;
        items: { value: string; label: string }[];
      };
      assert.ok(ok && items.length > 0, kind);
      assert.ok(
        items.every(({ value, label }) => value && label.includes(value)),
        kind,
      );
    }
    const answer = async (path: string) => ((await get(path)) as { code: string }).code;
    assert.equal(await answer('tab/packages'), 'no_config');
    assert.equal(await answer('c2/patients'), 'bad_parameter');
    server.token = json(401, { error: 'invalid_client' });
    assert.equal(await answer('c1/packages'), 'invalid_client');
  });

  it('answers for what stands in a subflow, whose instances have other ids than the editor knows', async () => {
    const { body: test } = await post('test-connection', typed({ id: 'inner' }));
    assert.equal(test.ok, true);
    const { body } = await post('variables', { id: 'inner', names: ['CLINIC_ID', 'ONEGEVITY_NOT_THERE'] });
    assert.deepEqual(body.variables, { CLINIC_ID: 'set', ONEGEVITY_NOT_THERE: 'missing' });
    const packages = async (config: string, node: string) =>
      (await (
        await fetch(`${nodeRed.url}/onegevity/account/${encodeURIComponent(config)}/packages?node=${node}`)
      ).json()) as { ok: boolean; code?: string; environment?: string };
    assert.equal((await packages('inner', 'template')).environment, 'custom');
    assert.equal((await packages('${ACCOUNT}', 'template')).environment, 'sandbox');
    assert.equal((await packages('${ACCOUNT}', 'nothing')).code, 'no_config');
  });

  it('knows no kinds by the names that every object has, and shows nothing of its client', async () => {
    for (const kind of ['constructor', 'valueOf', 'toString', 'hasOwnProperty', '__proto__']) {
      const text = await (await fetch(`${nodeRed.url}/onegevity/account/c1/${kind}`)).text();
      assert.deepEqual(JSON.parse(text), { ok: false, code: 'bad_parameter', values: { name: 'kind' } });
    }
  });

  it('leaves nothing secret in the log', () => {
    assert.ok(!nodeRed.log.includes(secret) && !nodeRed.log.includes('canary-token'));
  });
});

describe("the editor's questions to a runtime with adminAuth", () => {
  let nodeRed: NodeRed;

  before(async () => {
    nodeRed = await startNodeRed({
      settingsSource: `{ adminAuth: { type: 'credentials', users: [],
        tokens: (token) => Promise.resolve({ reader: { username: 'r', permissions: 'read' },
          all: { username: 'a', permissions: '*' } }[token] ?? null) } }`,
      flows: [
        { id: 'tab', type: 'tab' },
        { id: 'c2', type: 'onegevity-config', environment: 'sandbox' },
      ],
    });
  });
  after(() => nodeRed?.stop());

  it('answers nobody without permission', async () => {
    const ask = async (path: string, method: string, token?: string) => {
      const headers = {
        'content-type': 'application/json',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      };
      const options = method === 'GET' ? { headers } : { method, headers, body: '{"environment":"sandbox"}' };
      const response = await fetch(`${nodeRed.url}/onegevity/${path}`, options);
      await response.text();
      return response.status;
    };
    for (const [path, method] of [
      ['test-connection', 'POST'],
      ['variables', 'POST'],
      ['account/c2/packages', 'GET'],
      ['inboxes/none', 'GET'],
    ] as const) {
      assert.equal(await ask(path, method), 401, path);
      assert.equal(await ask(path, method, 'all'), 200, path);
      assert.equal(await ask(path, method, 'reader'), method === 'GET' ? 200 : 401, path);
    }
  });
});
