import assert from 'node:assert/strict';
import { type Answer, credentials, order, post, signed, webhookFlow } from '../support/webhook';
import { type NodeRed, type NodeRedOptions, startNodeRed } from '../support/node-red';

/** "password", hashed as Node-RED also accepts it. */
const pass = '5f4dcc3b5aa765d61d8327deb882cf99';

describe("the webhook node under Node-RED's settings", () => {
  let nodeRed: NodeRed;
  const start = async (options: NodeRedOptions): Promise<void> => {
    nodeRed = await startNodeRed({ flows: webhookFlow({ rejectedOutput: true }), credentials, ...options });
  };
  /** Twice, since the second delivery could be answered early. */
  const twice = async (options?: Parameters<typeof post>[2]): Promise<Answer[]> => [
    await post(`${nodeRed.url}/hook/order.created`, order, options),
    await post(`${nodeRed.url}/hook/order.created`, order, options),
  ];
  const statuses = async (options?: Parameters<typeof post>[2]): Promise<number[]> =>
    (await twice(options)).map(({ status }) => status);
  afterEach(() => nodeRed?.stop());

  for (const [what, auth] of [
    ['a user and password', `{ httpNodeAuth: { user: 'u', pass: '${pass}' } }`],
    ['the older httpAuth', `{ httpAuth: { user: 'u', pass: '${pass}' }, httpAdminRoot: '/red' }`],
    [
      'a function',
      `{ httpNodeAuth: (req, res, next) => req.headers.authorization ? setTimeout(next, 5) : res.status(401).end() }`,
    ],
  ] as const) {
    it(`honours httpNodeAuth, as ${what}`, async () => {
      await start({ settingsSource: auth });
      assert.deepEqual(await statuses(), [401, 401]);
      assert.deepEqual(nodeRed.messages, []);
      const authorization = `Basic ${Buffer.from('u:password').toString('base64')}`;
      assert.deepEqual(await statuses({ headers: { authorization } }), [200, 200]);
      await nodeRed.waitForMessages('order.created', 2);
    });
  }

  it('honours httpNodeMiddleware, a function, with cookies as core http in gives them', async () => {
    await start({
      settingsSource: `{ httpNodeMiddleware: (req, res, next) => {
        res.setHeader('x-seen', String(req.cookies.name));
        if (req.headers['x-stop']) res.status(418).end(); else next();
      } }`,
    });
    for (const answer of await twice({ headers: { cookie: 'name=value' } })) {
      assert.deepEqual([answer.status, answer.headers['x-seen']], [200, 'value']);
    }
    assert.deepEqual(await statuses({ headers: { 'x-stop': '1' } }), [418, 418]);
  });

  it('honours httpNodeMiddleware, an array', async () => {
    const middleware = (name: string): string =>
      `(req, res, next) => setImmediate(() => { res.setHeader('${name}', '1'); next(); })`;
    await start({ settingsSource: `{ httpNodeMiddleware: [${middleware('x-a')}, ${middleware('x-b')}] }` });
    for (const { status, headers } of await twice()) {
      assert.deepEqual([status, headers['x-a'], headers['x-b']], [200, '1', '1']);
    }
  });

  it('answers 500 where httpNodeMiddleware fails, without its error in the log', async () => {
    await start({
      settingsSource: `{ httpNodeMiddleware: () => { throw new Error('canary-of-middleware'); } }`,
    });
    assert.deepEqual(await statuses(), [500, 500]);
    await nodeRed.waitForLog(/A middleware of Node-RED's settings failed/);
    assert.doesNotMatch(nodeRed.log, /canary-of-middleware/);
  });

  for (const [what, keep] of [
    ['req.rawBody', 'req.rawBody = all;'],
    ['req.body', 'req.body = all;'],
  ] as const) {
    it(`uses the bytes that a middleware read and kept in ${what}`, async () => {
      await start({ settingsSource: `{ httpNodeMiddleware: ${reader(keep)} }` });
      assert.deepEqual(await statuses(), [200, 200]);
      assert.deepEqual(await statuses({ signature: signed('x') }), [401, 401]);
    });
  }

  for (const [what, keep] of [
    ['parsed only', 'req.body = JSON.parse(all);'],
    ['as text', 'req.rawBody = String(all); req.body = String(all);'],
    ['not at all', ''],
  ] as const) {
    it(`refuses with 500 and names the cause where a middleware kept the body ${what}`, async () => {
      await start({ settingsSource: `{ httpNodeMiddleware: ${reader(keep)} }` });
      assert.deepEqual(await statuses(), [500, 500]);
      await nodeRed.waitForStatus(
        'hook',
        ({ fill, text }) => fill === 'red' && (text ?? '').includes('body read by other middleware'),
      );
      await nodeRed.waitForLog(/Another middleware read the body of a delivery/);
      const [message] = await nodeRed.waitForMessages('rejected');
      assert.equal(message?.msg.payload.reason, 'body_consumed');
    });
  }

  it('receives behind the usual body parsers, in httpNodeMiddleware and in httpAdminMiddleware', async () => {
    const parsers = `(() => { const { createRequire } = require('node:module');
      const bodyParser = createRequire(${JSON.stringify(require.resolve('node-red/package.json'))})('body-parser');
      return [bodyParser.json(), bodyParser.urlencoded({ extended: true }), bodyParser.raw({ type: '*/*' }), bodyParser.text({ type: '*/*' })]; })()`;
    await start({ settingsSource: `{ httpNodeMiddleware: ${parsers}, httpAdminMiddleware: ${parsers} }` });
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'a/b']) {
      assert.deepEqual(await statuses({ headers: { 'content-type': type } }), [200, 200]);
    }
  });

  it('honours httpAdminMiddleware where its root covers the path', async () => {
    await start({
      settingsSource: `{ httpAdminMiddleware: (req, res, next) => { res.setHeader('x-admin', '1'); next(); } }`,
    });
    for (const { status, headers } of await twice()) {
      assert.deepEqual([status, headers['x-admin']], [200, '1']);
    }
  });

  it('honours httpAdminAuth where its root covers the path', async () => {
    await start({ settingsSource: `{ httpAdminAuth: { user: 'u', pass: '${pass}' } }` });
    assert.deepEqual(await statuses(), [401, 401]);
  });

  it('honours httpNodeCors as core http in does', async () => {
    await start({
      settings: { httpNodeCors: { origin: 'https://a.example', methods: 'POST' }, httpAdminRoot: '/red' },
    });
    for (const { status, headers } of await twice({ headers: { origin: 'https://a.example' } })) {
      assert.deepEqual([status, headers['access-control-allow-origin']], [200, 'https://a.example']);
    }
    const preflight = await post(`${nodeRed.url}/hook`, '', {
      method: 'OPTIONS',
      headers: { origin: 'https://a.example', 'access-control-request-method': 'POST' },
    });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-methods']], [204, 'POST']);
  });

  it('honours requireHttps where the editor has it', async () => {
    await start({ settings: { requireHttps: true } });
    assert.deepEqual(await statuses(), [302, 302]);
    assert.deepEqual(await statuses({ headers: { 'x-forwarded-proto': 'https' } }), [200, 200]);
  });

  it('reports the metrics of core http in where they are on', async () => {
    await start({ settings: { logging: { console: { level: 'info', metrics: true, audit: false } } } });
    assert.deepEqual(await statuses(), [200, 200]);
    await nodeRed.waitForLog(/response\.time\.millis[^]*response\.time\.millis/);
  });

  it("honours Express' routing settings", async () => {
    await start({
      settings: { httpServerOptions: { 'case sensitive routing': true, 'strict routing': true } },
    });
    assert.deepEqual(await statuses(), [200, 200]);
    for (const path of ['/Hook', '/hook/', '/hook/Order.created', '/hook/order.created/']) {
      assert.equal((await post(`${nodeRed.url}${path}`)).status, 404, path);
    }
  });

  it('receives over TLS', async () => {
    await start({
      settingsSource: `{ https: { key: require('fs').readFileSync(${fixture('server.key')}), cert: require('fs').readFileSync(${fixture('server.pem')}) } }`,
    });
    nodeRed.url = nodeRed.url.replace('http:', 'https:');
    assert.deepEqual(await statuses(), [200, 200]);
  });

  const embedding = (host: string, after = ''): string => `
    const express = require('express'), http = require('node:http'), RED = require('node-red');
    const app = express();
    const server = http.createServer(app);
    settings.httpAdminRoot = '/red'; settings.httpNodeRoot = '/api';
    RED.init(server, settings);
    ${host}
    RED.start().then(() => { ${after}; server.listen(0, '127.0.0.1'); });
    process.on('SIGTERM', () => RED.stop().then(() => process.exit()));`;
  const mount = `app.use('/red', RED.httpAdmin); app.use('/v1/api', RED.httpNode);`;
  const embedded = async (options?: Parameters<typeof post>[2]): Promise<Answer[]> => [
    await post(`${nodeRed.url}/v1/api/hook/order.created`, order, options),
    await post(`${nodeRed.url}/v1/api/hook/order.created`, order, options),
  ];

  it('receives under another Express app that parses bodies, whose middleware sees every delivery', async () => {
    await start({
      embedSource: embedding(`
        app.use(express.json(), (req, res, next) => { res.setHeader('x-host', '1'); next(); });
        ${mount}
        app.get('*', (req, res) => res.send('the host')); `),
    });
    for (const { status, headers } of await embedded())
      assert.deepEqual([status, headers['x-host']], [200, '1']);
    for (const { status } of await embedded({ signature: signed('x') })) assert.equal(status, 401);
    const page = await post(`${nodeRed.url}/v1/api/hook`, '', { method: 'GET' });
    assert.deepEqual([page.status, page.body], [200, 'the host']);
    assert.equal((await post(`${nodeRed.url}/v1/api/hook`, '', { method: 'PUT' })).status, 405);
  });

  it('lets routes of the host that come later answer other methods', async () => {
    await start({
      embedSource: embedding(mount, `app.put('*', (req, res) => res.send('the host'))`),
    });
    const page = await post(`${nodeRed.url}/v1/api/hook`, '', { method: 'PUT' });
    assert.deepEqual([page.status, page.body], [200, 'the host']);
    assert.equal((await post(`${nodeRed.url}/v1/api/hook`, '', { method: 'DELETE' })).status, 405);
  });

  it('sees middleware that a host adds at the top later on', async () => {
    await start({
      embedSource: embedding(
        `app.disable('x-powered-by'); ${mount}`,
        `setTimeout(() => {}, 0); process.on('SIGUSR1', () => {
          app.use(function late(req, res, next) { res.setHeader('x-late', '1'); next(); });
          app._router.stack.unshift(app._router.stack.pop());
          console.log('late middleware');
        })`,
      ),
    });
    const early = await embedded();
    assert.deepEqual(
      early.map(({ status, headers }) => [status, headers['x-late']]),
      [
        [200, undefined],
        [200, undefined],
      ],
    );
    nodeRed.process.kill('SIGUSR1');
    await nodeRed.waitForLog(/late middleware/);
    for (const { status, headers } of await embedded())
      assert.deepEqual([status, headers['x-late']], [200, '1']);
  });

  it('receives inside a router of the host', async () => {
    await start({
      embedSource: embedding(
        `const router = express.Router(); router.use('/api', RED.httpNode); app.use('/v1', router);`,
      ),
    });
    for (const { status } of await embedded()) assert.equal(status, 200);
  });

  it('refuses clearly where the app is not built as Express is', async () => {
    await start({
      embedSource: embedding(`${mount} RED.httpNode.parent = Object.assign(() => {}, { use() {} });`),
    });
    await nodeRed.waitForStatus('hook', ({ fill, text }) => fill === 'red' && text === 'unsupported server');
    await nodeRed.waitForLog(/uses a web server that the node doesn't support/);
  });
});

/** A middleware that reads the body by hand. */
function reader(keep: string): string {
  return `(req, res, next) => { const chunks = []; req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => { const all = Buffer.concat(chunks); ${keep} next(); }); }`;
}

function fixture(name: string): string {
  return JSON.stringify(require.resolve(`../fixtures/tls/${name}`));
}
