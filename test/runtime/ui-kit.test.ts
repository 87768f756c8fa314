import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { startNodeRed, type FlowNode, type NodeRed, type NodeRedOptions } from '../support/node-red';

const canary = 'CANARY-secret-4711';
const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' };

interface Answered {
  status: number;
  headers: Record<string, unknown>;
  body: string;
}

interface Page {
  clientId: string;
  ogBasePath: string;
  redirectUri: string;
  patientId: string;
  state: string;
}

function get(url: string, headers: Record<string, string> = frame): Promise<Answered> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('the UI-Kit node in a real Node-RED', function () {
  this.timeout(30_000);
  let nodeRed: NodeRed | undefined;
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  const kit = (id: string, more: Record<string, unknown> = {}): FlowNode => ({
    id,
    type: 'onegevity-ui-kit',
    z: 'tab',
    config: 'config',
    wires: [[`${id}-json`], [`${id}-audit`]],
    ...more,
  });
  /** Each node is reached at `/page/<id>?patient=…`, which stands for a login: it answers the page's data as JSON. */
  const flow = (nodes: readonly FlowNode[], config: Record<string, unknown> = {}): FlowNode[] => [
    { id: 'tab', type: 'tab', label: 'Test' },
    { id: 'config', type: 'onegevity-config', environment: 'sandbox', ...config },
    ...nodes.flatMap((node): FlowNode[] => [
      {
        id: `${node.id}-in`,
        type: 'http in',
        z: 'tab',
        url: `/page/${node.id}`,
        method: 'get',
        wires: [[`${node.id}-who`]],
      },
      {
        id: `${node.id}-who`,
        type: 'change',
        z: 'tab',
        rules: [{ t: 'move', p: 'payload.patient', pt: 'msg', to: 'payload.patientIdentifier', tot: 'msg' }],
        wires: [[node.id]],
      },
      node,
      { id: `${node.id}-json`, type: 'http response', z: 'tab', wires: [] },
      { id: `${node.id}-audit`, type: 'test-probe', z: 'tab', label: 'audit', wires: [[]] },
    ]),
  ];
  const start = async (flows: FlowNode[], more: NodeRedOptions = {}): Promise<NodeRed> => {
    nodeRed = await startNodeRed({ flows, ...more });
    return nodeRed;
  };
  const pageOf = async (url: string): Promise<Page> => JSON.parse((await get(url)).body) as Page;
  const visit = async (page: Page): Promise<Answered> => {
    const { clientId, ogBasePath, redirectUri, patientId, state } = page;
    const { headers } = await get(
      `${ogBasePath}/oauth/authorize?client_id=${clientId}&response_type=code&redirect_uri=${redirectUri}` +
        `&scope=patients_read&state=${state}&patientIdentifier=${patientId}`,
    );
    return get(String(headers.location));
  };

  it('works on the sandbox without any setting, at the address by which the browser came', async () => {
    const { url, port } = await start(flow([kit('kit')]));
    const page = await pageOf(`${url}/page/kit?patient=SB-000001`);
    assert.equal(page.redirectUri, `http://127.0.0.1:${port}/onegevity/ui-kit`);
    const answered = await visit(page);
    assert.equal(answered.status, 200);
    const { access_token: token } = JSON.parse(answered.body) as { access_token: string };
    const [audit] = await nodeRed!.waitForMessages('audit');
    assert.equal(audit?.msg.payload.event, 'issued');
    assert.ok(!nodeRed!.log.includes(token), 'no token in the log, not even at level trace');
    assert.ok(!nodeRed!.log.includes(page.state) && !nodeRed!.log.includes('SB-000001'));
  });

  it('lies below httpNodeRoot, behind httpNodeMiddleware, and has no CORS headers where others have', async () => {
    const { url } = await start(flow([kit('kit', { path: '/og' })]), {
      settings: { httpNodeRoot: '/red/', httpNodeCors: { origin: '*', methods: 'GET' } },
      settingsSource: `{ httpNodeMiddleware: (req, res, next) => {
        res.setHeader('x-passed', 'yes');
        res.setHeader('access-control-allow-origin', '*');
        next();
      } }`,
    });
    const page = await pageOf(`${url}/red/page/kit?patient=SB-000001`);
    assert.equal(page.redirectUri, `${url}/red/og`);
    const { status, headers } = await visit(page);
    assert.deepEqual([status, headers['x-passed']], [200, 'yes']);
    assert.equal(headers['access-control-allow-origin'], undefined);
  });

  it('refuses a page for a browser on another computer, which cannot reach the sandbox', async () => {
    const { url } = await start([
      ...flow([kit('kit')]),
      { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: ['kit'], wires: [['caught']] },
      { id: 'caught', type: 'test-probe', z: 'tab', x: 1, y: 1, label: 'caught', wires: [['kit-json']] },
    ]);
    await get(`${url}/page/kit?patient=SB-000001`, { host: 'portal.example.com' });
    const [caught] = await nodeRed!.waitForMessages('caught');
    assert.equal(caught?.msg.error.code, 'bad_public_url');
  });

  it('has one node on a path: a second is red, and takes over when the first is gone', async () => {
    const [first, second] = [kit('first', { path: '/og' }), kit('second', { path: 'OG/' })];
    const { url } = await start(flow([first, second]));
    await nodeRed!.waitForStatus('second', ({ text, fill }) => text === 'path in use' && fill === 'red');
    const page = await pageOf(`${url}/page/first?patient=SB-000001`);
    assert.equal((await visit(page)).status, 200);
    await nodeRed!.deploy(flow([second]), 'nodes');
    await nodeRed!.waitForStatus('second', ({ fill }) => fill === 'yellow');
    assert.equal((await visit(await pageOf(`${url}/page/second?patient=SB-000001`))).status, 200);
  });

  it('leaves no route behind when it is removed', async () => {
    const { url } = await start(flow([kit('kit')]));
    const page = await pageOf(`${url}/page/kit?patient=SB-000001`);
    assert.equal((await get(page.redirectUri)).status, 403);
    await nodeRed!.deploy(flow([]));
    assert.equal((await get(page.redirectUri)).status, 404);
    assert.equal((await get(`${page.redirectUri}/ui-kit.mjs`)).status, 404);
  });

  it('refuses the state of a page that was open during a deploy', async () => {
    const flows = flow([kit('kit')]);
    const { url } = await start(flows);
    const page = await pageOf(`${url}/page/kit?patient=SB-000001`);
    await nodeRed!.deploy(flows);
    assert.equal((await visit(page)).status, 403);
    const [audit] = await nodeRed!.waitForMessages('audit');
    assert.equal(audit?.msg.payload.reason, 'invalid_state');
  });

  it("serves the vendor's library, unchanged, where it is installed", async () => {
    const { url } = await start(flow([kit('kit')]));
    const { status, headers, body } = await get(`${url}/onegevity/ui-kit/ui-kit.mjs`, {});
    assert.equal(status, 200);
    assert.match(String(headers['content-type']), /^text\/javascript/);
    const installed = require.resolve('@onegevity/ui-kit').replace(/index\.js$/, 'index.mjs');
    assert.equal(body, readFileSync(installed, 'utf8'));
  });

  it('says that the library is not installed where a part of it is missing', async () => {
    const running = await start(flow([kit('kit')]));
    const { url, userDir } = running;
    const folder = join(userDir, 'node_modules', '@onegevity', 'ui-kit');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'index.js'), '');
    const { status, body } = await get(`${url}/onegevity/ui-kit/ui-kit.mjs`, {});
    assert.deepEqual([status, body], [404, '{"error":"not_installed"}']);
    await running.waitForLog(/Onegevity's UI-Kit, which isn't installed/);
  });

  it('turns red where HTTP nodes are switched off, or the address is not https outside the sandbox', async () => {
    await start(flow([kit('kit')]), { settings: { httpNodeRoot: false } });
    await nodeRed!.waitForStatus('kit', ({ text }) => text === 'HTTP nodes are off');
    await nodeRed!.deploy(
      flow([kit('kit', { publicUrl: 'http://portal.example.com' })], { environment: 'staging' }),
    );
    await nodeRed!.waitForStatus('kit', ({ text }) => text === 'HTTP nodes are off');
    await nodeRed!.stop();
    await start(flow([kit('kit', { publicUrl: 'http://portal.example.com' })], { environment: 'staging' }));
    await nodeRed!.waitForStatus('kit', ({ text }) => text === 'bad public URL');
    await nodeRed!.waitForLog(/The public URL is missing or not allowed/);
  });

  it('warns in words where the address of the page names the patient', async () => {
    const { url } = await start(flow([kit('kit')]));
    await get(`${url}/page/kit?patient=SB-000001`);
    await nodeRed!.waitForLog(/The browser sent the patient identifier that this message uses/);
    assert.ok(!nodeRed!.log.includes('SB-000001'));
  });

  it('shows no secret where nothing answers at the token endpoint', async () => {
    const { url } = await start(
      flow([kit('kit', { publicUrl: 'http://127.0.0.1:1880' })], {
        environment: 'custom',
        baseUrl: 'http://127.0.0.1:9',
      }),
      { credentials: { config: { clientId: 'client', clientSecret: canary } } },
    );
    const { state } = await pageOf(`${url}/page/kit?patient=CANARY-patient`);
    const { status, body } = await get(`${url}/onegevity/ui-kit?code=CANARY-code&state=${state}`);
    assert.deepEqual([status, body], [503, '{"error":"temporarily_unavailable"}']);
    await nodeRed!.waitForStatus('kit', ({ text }) => text === 'connection refused');
    const [audit] = await nodeRed!.waitForMessages('audit');
    assert.equal(audit?.msg.payload.reason, 'connection_refused');
    assert.doesNotMatch(nodeRed!.log + JSON.stringify(nodeRed!.statuses), /CANARY/);
  });
});
