import assert from 'node:assert/strict';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import sinon from 'sinon';
import { errorCodes } from '../../src/lib/errors';
import configNode from '../../src/nodes/onegevity-config';
import uiKitNode from '../../src/nodes/onegevity-ui-kit';
import { startSandbox, type Sandbox } from '../../src/sandbox';
import { helper, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { json, raw, reset, TestServer, type Answer } from '../support/http-server';

const load = createRequire(__filename);
const catchNode = load('@node-red/nodes/core/common/25-catch.js') as NodeModule;

const frame = { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' };
const canaries = {
  secret: 'CANARY-client-secret',
  token: 'CANARY-access-token',
  code: 'CANARY-code',
  patient: 'CANARY-patient',
};

interface Page {
  clientId: string;
  ogBasePath: string;
  redirectUri: string;
  patientId: string;
  state: string;
}

interface Answered {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

interface Audit {
  event: string;
  reason?: string;
  patientIdentifier?: string;
  expiresIn?: number;
  scopes?: string[];
  suppressed?: number;
}

/** As a browser's frame would, without following redirects. */
function get(url: string, headers: Record<string, string> = frame, method = 'GET'): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('UI-Kit node', () => {
  let RED: NodeAPI;
  let web: Server;
  let audits: Audit[];
  let logged: string;
  const nodes: NodeModule[] = [
    configNode,
    catchNode,
    (api) => {
      RED = api;
      uiKitNode(api);
    },
  ];

  useHelper();
  afterEach(async () => {
    web?.closeAllConnections();
    await new Promise((resolve) => web?.close(resolve));
  });

  const origin = () => `http://127.0.0.1:${(web.address() as AddressInfo).port}`;

  /** Starts a web server for `RED.httpNode` first: the flow needs its address. */
  const start = async (
    root: string,
    kit: Record<string, unknown> = {},
    { id = 'client', secret = canaries.secret, config = {} } = {},
  ) => {
    web = createServer((req, res) => (RED.httpNode as unknown as (...args: unknown[]) => void)(req, res));
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    const flow = [
      { id: 'tab', type: 'tab', label: 'tab' },
      { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: root, ...config },
      {
        id: 'n',
        z: 'tab',
        type: 'onegevity-ui-kit',
        config: 'c',
        path: '/og/kit',
        publicUrl: origin(),
        wires: [['out'], ['audit']],
        ...kit,
      } as never,
      { id: 'out', z: 'tab', type: 'helper', wires: [] },
      { id: 'audit', z: 'tab', type: 'helper', wires: [] },
      { id: 'catcher', z: 'tab', type: 'catch', scope: ['n'], uncaught: false, wires: [['caught']] },
      { id: 'caught', z: 'tab', type: 'helper', wires: [] },
    ];
    audits = [];
    await helper.load(nodes, flow, { c: { clientId: id, clientSecret: secret } });
    helper.getNode('audit').on('input', (msg: object) => {
      audits.push((msg as { payload: Audit }).payload);
      logged += JSON.stringify(msg);
    });
    logged = '';
  };

  const page = async (patientIdentifier: string, more: Record<string, unknown> = {}): Promise<Page> => {
    const out = nextMessage('out');
    helper.getNode('n').receive({ payload: { patientIdentifier }, ...more });
    return (await out).payload as Page;
  };
  const redirect = ({ redirectUri, state }: Page, code: string) =>
    `${redirectUri}?code=${encodeURIComponent(code)}&state=${state}`;
  const last = () => audits.at(-1);
  /** Waits for the audit message too. */
  const visit = async (url: string, headers?: Record<string, string>): Promise<Answered> => {
    const told = nextMessage('audit');
    const answered = await get(url, headers);
    await told;
    return answered;
  };
  const texts = () => {
    const { args } = helper.log();
    const statuses = (helper.getNode('n').status as unknown as { args: unknown[][] }).args;
    return JSON.stringify([args, statuses]);
  };

  describe('against the sandbox', () => {
    let sandbox: Sandbox;
    before(async () => {
      sandbox = await startSandbox({ pace: 0 });
    });
    after(() => sandbox.close());

    const begin = (kit: Record<string, unknown> = {}) =>
      start(sandbox.url, kit, { id: sandbox.clientId, secret: sandbox.clientSecret });

    /** Does what the UI-Kit's frame does up to the redirect. */
    const authorize = async (given: Page, patientIdentifier = given.patientId, scope = '') => {
      const asked = scope || 'packages_read%20surveys_read%20patients_read%20patients_write';
      const answered = await get(
        `${given.ogBasePath}/oauth/authorize?client_id=${given.clientId}&response_type=code` +
          `&redirect_uri=${given.redirectUri}&scope=${asked}&state=${given.state}` +
          `&patientIdentifier=${patientIdentifier}`,
      );
      assert.equal(answered.status, 302);
      return answered.headers.location!;
    };

    it('gives the page what the UI-Kit needs, and the frame a token that opens that patient alone', async () => {
      await begin();
      const given = await page('SB-000001', { mine: 1 });
      assert.deepEqual(Object.keys(given), ['clientId', 'ogBasePath', 'redirectUri', 'patientId', 'state']);
      assert.equal(given.ogBasePath, sandbox.url);
      assert.equal(given.redirectUri, `${origin()}/og/kit`);
      const answered = await visit(await authorize(given));
      assert.equal(answered.status, 200);
      const token = JSON.parse(answered.body) as { access_token: string; expires_in: number };
      assert.equal(token.expires_in, 3600);
      const read = (id: string) =>
        get(`${sandbox.url}/api/v1/patients/${id}/orders`, { authorization: `Bearer ${token.access_token}` });
      assert.equal((await read('SB-000001')).status, 200);
      assert.equal((await read('SB-000002')).status, 403);
      assert.deepEqual(
        { ...last(), timestamp: '' },
        {
          event: 'issued',
          timestamp: '',
          patientIdentifier: 'SB-000001',
          expiresIn: 3600,
          scopes: ['packages_read', 'surveys_read', 'patients_read', 'patients_write'],
        },
      );
      assert.ok(!logged.includes(token.access_token));
    });

    it('answers a frame of its own origin and nobody else', async () => {
      await begin();
      const { headers } = await visit(await authorize(await page('SB-000001')), {
        ...frame,
        origin: 'https://elsewhere.example',
      });
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
      assert.equal(headers['cache-control'], 'no-store');
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'self'/);
      assert.equal(headers['x-frame-options'], 'SAMEORIGIN');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.deepEqual(
        Object.keys(headers).filter((name) => name.startsWith('access-control')),
        [],
      );
    });

    it('refuses a state that was used before, whatever code comes with it', async () => {
      await begin();
      const given = await page('SB-000001');
      const location = await authorize(given);
      assert.equal((await visit(location)).status, 200);
      const replay = await visit(location);
      assert.deepEqual([replay.status, replay.body], [403, '{"error":"access_denied"}']);
      assert.equal(last()?.reason, 'used_state');
      assert.equal((await visit(await authorize(given))).status, 403);
      assert.equal(last()?.reason, 'used_state');
    });

    it('gives one token where the same redirect comes twice at once', async () => {
      await begin();
      const location = await authorize(await page('SB-000001'));
      const answers = await Promise.all([get(location), get(location), get(location)]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 403, 403]);
    });

    it("refuses a token for another patient than the page's, and gives its state up", async () => {
      await begin();
      const given = await page('SB-000001');
      const answered = await visit(await authorize(given, 'SB-000002'));
      assert.deepEqual([answered.status, answered.body], [403, '{"error":"access_denied"}']);
      assert.deepEqual([last()?.reason, last()?.patientIdentifier], ['wrong_patient', 'SB-000001']);
      assert.equal((await visit(await authorize(given))).status, 403);
    });

    it('refuses a token with a scope beyond those a browser may have', async () => {
      await begin();
      assert.equal(
        (await visit(await authorize(await page('SB-000001'), 'SB-000001', 'patients_read%20fulfillment')))
          .status,
        403,
      );
      assert.equal(last()?.reason, 'scope_too_wide');
    });

    it('lets the flow allow fewer scopes than the UI-Kit asks for, or any', async () => {
      await begin({ scopes: 'patients_read' });
      assert.equal((await visit(await authorize(await page('SB-000001')))).status, 403);
      await helper.unload();
      web.close();
      await begin({ scopes: 'any' });
      assert.equal(
        (await visit(await authorize(await page('SB-000001'), 'SB-000001', 'patients_read%20fulfillment')))
          .status,
        200,
      );
    });

    it('tells of a patient whom the authorization server refuses', async () => {
      await begin();
      const location = await authorize(await page('NOBODY'));
      assert.match(location, /error=access_denied/);
      assert.equal((await visit(location)).status, 403);
      assert.equal(last()?.reason, 'denied');
    });

    it('refuses a code that is unknown, or was made for another redirect URI', async () => {
      await begin();
      assert.equal((await visit(redirect(await page('SB-000001'), 'made-up'))).status, 403);
      assert.equal(last()?.reason, 'code_rejected');
      const given = await page('SB-000001');
      const elsewhere = await authorize({ ...given, redirectUri: 'http://127.0.0.1:9/elsewhere' });
      const code = new URL(elsewhere).searchParams.get('code')!;
      assert.equal((await visit(redirect(given, code))).status, 403);
      assert.equal(last()?.reason, 'code_rejected');
    });

    it('refuses a code together with the state of another patient', async () => {
      await begin();
      const [one, two] = [await page('SB-000001'), await page('SB-000002')];
      const code = new URL(await authorize(two)).searchParams.get('code')!;
      assert.equal((await visit(redirect(one, code))).status, 403);
      assert.equal(last()?.reason, 'wrong_patient');
    });
  });

  describe('refuses, and uses up nothing,', () => {
    let vendor: TestServer;
    beforeEach(async () => {
      vendor = await TestServer.start();
      vendor.token = json(200, { access_token: canaries.token, expires_in: 60, scope: 'patients_read' });
      vendor.answers = [json(200, { patientIdentifier: canaries.patient })];
      await start(vendor.url);
    });
    afterEach(() => vendor.stop());

    for (const [what, headers] of [
      ['a fetch by a script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }],
      ['a tab of its own', { 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }],
      ['a script element', { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors' }],
      ['an embedded object', { 'sec-fetch-dest': 'object', 'sec-fetch-mode': 'navigate' }],
      ['what does not say what it is', {}],
    ] as const) {
      it(what, async () => {
        const url = redirect(await page(canaries.patient), canaries.code);
        const answered = await visit(url, headers);
        assert.deepEqual([answered.status, answered.body], [403, '{"error":"access_denied"}']);
        assert.deepEqual([last()?.reason, last()?.patientIdentifier], ['not_a_frame', undefined]);
        assert.equal(vendor.requests.length, 0);
        assert.equal((await visit(url)).status, 200);
      });
    }

    it('HEAD and POST', async () => {
      const url = redirect(await page(canaries.patient), canaries.code);
      assert.equal((await get(url, frame, 'HEAD')).status, 405);
      assert.equal((await get(url, frame, 'POST')).status, 404);
      assert.equal((await visit(url)).status, 200);
    });

    for (const [what, query, reason] of [
      ['no state', 'code=c', 'missing_state'],
      ['an empty state', 'code=c&state=', 'missing_state'],
      ['a made-up state', 'code=c&state=abc', 'invalid_state'],
      ['a state of the right length', `code=c&state=${'A'.repeat(115)}`, 'invalid_state'],
      [
        'a state of a megabyte, or what of it HTTP lets through',
        `code=c&state=${'A'.repeat(10_000)}`,
        'invalid_state',
      ],
      ['a state that pretends to be a list', 'code=c&state[]=a&state[]=b', 'missing_state'],
    ] as const) {
      it(what, async () => {
        const given = await page(canaries.patient);
        assert.equal((await visit(`${given.redirectUri}?${query}`)).status, 403);
        assert.equal(last()?.reason, reason);
        assert.equal(vendor.requests.length, 0);
      });
    }

    it('and reports a flood of those who name no patient now and then, with the number of the others', async () => {
      const statuses = (helper.getNode('n').status as unknown as { args: [{ fill?: string }][] }).args;
      const given = await page(canaries.patient);
      const shown = statuses.length;
      const flood = async (count: number) => {
        for (let i = 0; i < count; i++)
          assert.equal((await get(`${given.redirectUri}?state=${'A'.repeat(115)}&code=c`)).status, 403);
      };
      await flood(30);
      assert.ok(audits.length >= 5 && audits.length <= 10, String(audits.length));
      assert.deepEqual(
        audits.slice(0, 5).map(({ suppressed }) => suppressed),
        [0, 0, 0, 0, 0],
      );
      const changes = statuses.slice(shown).flatMap(([{ fill }]) => fill ?? []);
      assert.deepEqual(changes, [], 'the status tells nothing of them');
      const reported = audits.length;
      // A patient's own token is reported all the same.
      await visit(redirect(given, canaries.code));
      assert.equal(last()?.event, 'issued');
      const now = performance.now.bind(performance);
      const clock = sinon.stub(performance, 'now').callsFake(() => now() + 10_000);
      try {
        await flood(1);
      } finally {
        clock.restore();
      }
      const told = audits.reduce((sum, { suppressed = 0 }) => sum + suppressed, 0);
      assert.equal(told + reported, 30);
    });

    it('a state whose five minutes are over', async () => {
      const url = redirect(await page(canaries.patient), canaries.code);
      const now = performance.now.bind(performance);
      // A state holds its end in whole milliseconds, rounded up.
      const clock = sinon.stub(performance, 'now').callsFake(() => now() + 5 * 60_000 + 1);
      try {
        assert.equal((await visit(url)).status, 403);
      } finally {
        clock.restore();
      }
      assert.equal(last()?.reason, 'expired_state');
      assert.equal(vendor.requests.length, 0);
    });

    it('to lead anywhere else, whatever the address says', async () => {
      const url = redirect(await page(canaries.patient), canaries.code);
      const elsewhere = encodeURIComponent('https://elsewhere.example/');
      const more = ['redirect_uri', 'redirect', 'next'].map((name) => `${name}=${elsewhere}`).join('&');
      const answered = await visit(`${url}&${more}`);
      assert.deepEqual([answered.status, answered.headers.location], [200, undefined]);
      assert.doesNotMatch(JSON.stringify(vendor.requests), /elsewhere/);
    });

    it('parameters given twice', async () => {
      const given = await page(canaries.patient);
      const url = redirect(given, canaries.code);
      assert.equal((await visit(`${url}&code=other`)).status, 403);
      assert.equal((await visit(`${url}&state=${given.state}`)).status, 403);
      assert.equal(last()?.reason, 'bad_request');
      assert.equal((await visit(url)).status, 200);
    });
  });

  describe('at the token endpoint and the API', () => {
    let vendor: TestServer;
    beforeEach(async () => {
      vendor = await TestServer.start();
      vendor.token = json(200, { access_token: canaries.token, expires_in: '60', scope: 'patients_read' });
      vendor.answers = [json(200, { patientIdentifier: canaries.patient, lastName: 'CANARY-name' })];
    });
    afterEach(() => vendor.stop());

    for (const clientAuth of ['basic', 'form']) {
      it(`exchanges the code with the client secret (${clientAuth})`, async () => {
        await start(vendor.url, {}, { config: { clientAuth } });
        const given = await page(canaries.patient);
        const answered = await visit(redirect(given, canaries.code));
        assert.deepEqual(JSON.parse(answered.body), {
          access_token: canaries.token,
          token_type: 'Bearer',
          expires_in: 60,
        });
        const [exchange, check] = vendor.requests;
        const form = Object.fromEntries(new URLSearchParams(exchange?.body));
        assert.deepEqual(form, {
          grant_type: 'authorization_code',
          code: canaries.code,
          redirect_uri: given.redirectUri,
          ...(clientAuth === 'form' && { client_id: 'client', client_secret: canaries.secret }),
        });
        const basic = Buffer.from(`client:${canaries.secret}`).toString('base64');
        assert.equal(exchange?.headers.authorization, clientAuth === 'form' ? undefined : `Basic ${basic}`);
        assert.equal(check?.url, `/api/v1/patients/${canaries.patient}`);
        assert.equal(check?.headers.authorization, `Bearer ${canaries.token}`);
        assert.equal(vendor.requests.length, 2);
      });
    }

    const bad = (token: unknown): Answer => json(200, token);
    const refusals: [
      what: string,
      status: number,
      reason: string,
      token: Answer | undefined,
      api?: Answer,
    ][] = [
      [
        'a refused code',
        403,
        'code_rejected',
        json(400, { error: 'invalid_grant', error_description: canaries.code }),
      ],
      ['refused credentials', 503, 'invalid_client', json(401, { error: 'invalid_client' })],
      [
        'a token request refused for another reason',
        503,
        'token_rejected',
        json(400, { error: canaries.secret }),
      ],
      ['a token endpoint in trouble', 503, 'token_unavailable', json(500, { error: canaries.patient })],
      ['a token answer without a token', 503, 'bad_token_response', bad({ expires_in: 60 })],
      [
        'a token answer with a lifetime of 0',
        503,
        'bad_token_response',
        bad({ access_token: canaries.token, expires_in: 0 }),
      ],
      ['a token answer that is no JSON', 503, 'bad_token_response', raw(200, `<html>${canaries.token}`)],
      [
        'a redirect by the token endpoint',
        503,
        'bad_token_response',
        raw(302, '', { location: 'http://127.0.0.1:9/' }),
      ],
      ['a connection cut at the token endpoint', 503, 'reset', reset],
      [
        'a token that the API does not accept',
        403,
        'wrong_patient',
        undefined,
        json(401, { message: canaries.patient }),
      ],
      [
        'a token that does not open the patient',
        403,
        'wrong_patient',
        undefined,
        json(403, { message: canaries.patient }),
      ],
      [
        'a patient whom the API does not know',
        403,
        'wrong_patient',
        undefined,
        json(404, { message: canaries.patient }),
      ],
      [
        'a patient record of somebody else',
        403,
        'wrong_patient',
        undefined,
        json(200, { patientIdentifier: 'P2' }),
      ],
      ['a patient record that names nobody', 403, 'wrong_patient', undefined, json(200, {})],
      ['a token answer without a scope', 403, 'scope_not_stated', bad({ access_token: canaries.token })],
      ...[null, '', ' ', ['patients_read'], 1].map(
        (scope) =>
          [
            `a token answer with the scope ${JSON.stringify(scope)}`,
            403,
            'scope_not_stated',
            bad({ access_token: canaries.token, scope }),
          ] as (typeof refusals)[number],
      ),
      ['a check that cannot be understood', 503, 'bad_response', undefined, raw(200, canaries.token)],
    ];
    for (const [what, status, reason, token, api] of refusals) {
      it(`gives no token after ${what}, and leaks nothing`, async () => {
        await start(vendor.url);
        if (token) vendor.token = token;
        if (api) vendor.answers = [api];
        const caught: unknown[] = [];
        helper.getNode('caught').on('input', (msg: object) => caught.push((msg as { error: unknown }).error));
        const answered = await visit(redirect(await page(canaries.patient), canaries.code));
        assert.equal(answered.status, status);
        assert.doesNotMatch(JSON.stringify(answered), /CANARY/);
        assert.deepEqual([last()?.event, last()?.reason], ['rejected', reason]);
        assert.doesNotMatch(texts(), /CANARY/);
        assert.doesNotMatch(JSON.stringify(caught), /CANARY/);
        const told = logged.replaceAll(`"patientIdentifier":"${canaries.patient}"`, '');
        assert.doesNotMatch(told, /CANARY/);
        const attempts = vendor.requests.filter(({ url }) => url === '/oauth/token').length;
        assert.equal(attempts, 1, 'a code is sent once');
      });
    }

    it('rests after refused credentials in place of asking for every page', async () => {
      await start(vendor.url);
      vendor.token = json(401, { error: 'invalid_client' });
      for (let round = 0; round < 3; round++) {
        assert.equal((await visit(redirect(await page(canaries.patient), canaries.code))).status, 503);
      }
      assert.equal(vendor.tokens, 1);
    });

    it('answers a frame whose exchange a deploy cuts off, and closes at once', async () => {
      await start(vendor.url);
      const asked = new Promise<void>((resolve) => (vendor.token = () => resolve()));
      const pending = get(redirect(await page(canaries.patient), canaries.code));
      await asked;
      const before = performance.now();
      await helper.unload();
      assert.ok(performance.now() - before < 1000);
      assert.equal((await pending).status, 503);
    });

    it('leaks nothing where all goes well either', async () => {
      await start(vendor.url);
      await visit(redirect(await page(canaries.patient), canaries.code));
      assert.doesNotMatch(texts(), /CANARY/);
      assert.ok(!logged.includes(canaries.token) && !logged.includes(canaries.code));
    });

    it('refuses a patient identifier that is missing or that the UI-Kit cannot carry', async () => {
      await start(vendor.url);
      for (const [payload, code] of [
        [{}, 'missing_parameter'],
        [{ patientIdentifier: ' ' }, 'missing_parameter'],
        [{ patientIdentifier: '..' }, 'bad_identifier'],
        [{ patientIdentifier: 'P1\u200b' }, 'bad_identifier'],
        [{ patientIdentifier: 'undefined' }, 'bad_identifier'],
        [{ patientIdentifier: `${canaries.patient}&scope=all` }, 'bad_parameter'],
        [{ patientIdentifier: { a: 1 } }, 'bad_parameter'],
        [undefined, 'missing_parameter'],
      ] as const) {
        const caught = nextMessage('caught');
        helper.getNode('n').receive({ payload });
        assert.equal(((await caught).error as { code: string }).code, code);
      }
      assert.doesNotMatch(texts(), /CANARY/);
    });

    it('reads the patient from the place that the dialog names', async () => {
      await start(vendor.url, { fields: { patientIdentifier: { type: 'msg', value: 'session.patient' } } });
      const given = await page('P-chosen-by-browser', { session: { patient: 'P1' } });
      assert.equal(given.patientId, 'P1');
    });

    it('warns once where the address of the page named the patient', async () => {
      await start(vendor.url);
      const { warn } = helper.getNode('n') as unknown as { warn: { args: unknown[][] } };
      const query = { patientIdentifier: 'P1' };
      // As core's http in node has it: the payload that a login has changed is the parsed query.
      await page('P1', { req: { query, originalUrl: '/portal?lang=en', headers: {} } });
      assert.deepEqual(warn.args, []);
      const req = { query, originalUrl: '/portal?lang=en&p=P1', headers: {} };
      await page('P1', { req });
      await page('P1', { req });
      assert.deepEqual(warn.args, [['warning.namedByBrowser']]);
    });

    it('keeps what other nodes put on the message', async () => {
      await start(vendor.url);
      const out = nextMessage('out');
      helper.getNode('n').receive({
        payload: { patientIdentifier: 'P1' },
        onegevity: { topic: 't', error: { code: 'old' } },
        mine: 1,
      });
      const { mine, onegevity } = await out;
      assert.equal(mine, 1);
      assert.deepEqual(onegevity, {
        topic: 't',
        operation: 'authUIKit',
        environment: 'custom',
        params: { patientIdentifier: 'P1' },
      });
    });
  });

  describe('as it is configured', () => {
    const problem = async (kit: Record<string, unknown>, config: Record<string, unknown> = {}) => {
      await start('http://127.0.0.1:9', kit, { config });
      const caught = nextMessage('caught');
      helper.getNode('n').receive({ payload: { patientIdentifier: 'P1' } });
      const { code } = (await caught).error as { code: string };
      assert.ok((errorCodes as readonly string[]).includes(code));
      return code;
    };

    for (const [what, kit, config, code] of [
      ['no public URL outside the sandbox', { publicUrl: '' }, { environment: 'staging' }, 'bad_public_url'],
      [
        'http outside the sandbox',
        { publicUrl: 'http://portal.example' },
        { environment: 'staging' },
        'bad_public_url',
      ],
      [
        'http on this computer outside the sandbox',
        { publicUrl: 'http://localhost:1880' },
        { environment: 'production' },
        'bad_public_url',
      ],
      [
        'http on this computer with an https root',
        { publicUrl: 'http://localhost:1880' },
        { environment: 'custom', baseUrl: 'https://api.example' },
        'bad_public_url',
      ],
      ['a variable that is not set', { publicUrl: '${ONEGEVITY_NOT_SET}' }, {}, 'env_not_set'],
      ['a path that Express would read as a pattern', { path: '/og/:any' }, {}, 'bad_route'],
      ['a path that climbs', { path: '/og/../admin' }, {}, 'bad_route'],
      ['no configuration', { config: '' }, {}, 'no_config'],
      ['a bad environment', {}, { environment: 'moon' }, 'bad_environment'],
    ] as const) {
      it(`refuses ${what} with a red status and no page`, async () => {
        assert.equal(await problem(kit, config), code);
        const statuses = (helper.getNode('n').status as unknown as { args: [{ fill?: string }][] }).args;
        assert.equal(statuses.at(-1)?.[0].fill, 'red');
      });
    }
  });
});
