import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, credentials, order, post, raw, signed, webhookFlow } from '../support/webhook';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';

const express = `require('node:module').createRequire(${JSON.stringify(require.resolve('node-red/package.json'))})('express')`;

describe("the webhook node among other packages' middleware", () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: webhookFlow(), credentials });
  });
  after(() => nodeRed.stop());

  const send = (): Promise<Answer> => post(`${nodeRed.url}/hook/order.created`);
  /** Whether it was answered before Node-RED's admin app, which sets this header, saw it. */
  const early = async (): Promise<boolean> => {
    await send();
    return (await send()).headers['access-control-allow-origin'] === undefined;
  };
  const seen = `(req, res, next) => { res.setHeader('x-seen', '1'); next(); }`;
  const onTop = (app: string): string => `${app}._router.stack.unshift(${app}._router.stack.pop())`;
  /** Mounted apps need what Express itself does first. */
  const belowExpress = (app: string): string =>
    `${app}._router.stack.splice(4, 0, ${app}._router.stack.pop())`;
  const admin = 'RED.httpAdmin.parent';
  const root = 'RED.httpNode.parent';

  const cases: [what: string, add: string][] = [
    ['on the path of a topic', `RED.httpNode.use('/hook/order.created', ${seen}), ${onTop('RED.httpNode')}`],
    [
      'on several paths, one of them right',
      `RED.httpNode.use(['/elsewhere', ['/hook/:topic']], ${seen}), ${onTop('RED.httpNode')}`,
    ],
    ['as a router on the path', `${root}.use('/HOOK/', ${express}.Router().use(${seen})), ${onTop(root)}`],
    ['on a pattern', `RED.httpNode.use(/^\\/HOOK\\/order/i, ${seen}), ${onTop('RED.httpNode')}`],
    ['on the admin app for nodes', `RED.httpAdmin.use(${seen})`],
    ["on Node-RED's admin app", `${admin}.use(${seen}), ${onTop(admin)}`],
    ['as a route of the admin app', `RED.httpAdmin.post('*', ${seen})`],
    ['as an app on the admin app', `RED.httpAdmin.use(${express}().use(${seen}))`],
    ['as an app at the top', `${root}.use(${express}().use(${seen})), ${belowExpress(root)}`],
    ['at the top', `${root}.use(${seen}), ${onTop(root)}`],
    ...['query', 'expressInit', 'rawBodyCapture', 'mounted_app'].map((name): [string, string] => [
      `called ${name}`,
      `RED.httpNode.use({ ${name}: ${seen} }.${name}), ${onTop('RED.httpNode')}`,
    ]),
    ['called jsonParser, on the admin app', `RED.httpAdmin.use({ jsonParser: ${seen} }.jsonParser)`],
    [
      'as CORS of its own on the admin app',
      `RED.httpAdmin.use((require('node:module').createRequire(RED.settings.coreNodesDir + '/core/x.js')('cors'))({ origin: 'https://a.example', exposedHeaders: 'x-seen' }))`,
    ],
  ];
  for (const [what, add] of cases) {
    it(`never answers before a middleware ${what}`, async () => {
      assert.equal(await early(), true);
      // One of them is added while another leaves, so that their number tells nothing.
      await nodeRed.evaluate(`(() => {
        globalThis.before = [${root}, ${admin}, RED.httpAdmin, RED.httpNode].map((app) => [app._router.stack, [...app._router.stack]]);
        ${add};
        return 1;
      })()`);
      for (let time = 0; time < 3; time++) {
        const { status, headers } = await send();
        assert.deepEqual(
          [status, Boolean(headers['x-seen'] ?? headers['access-control-expose-headers'])],
          [200, true],
        );
      }
      await nodeRed.evaluate(
        `globalThis.before.forEach(([stack, was]) => stack.splice(0, stack.length, ...was))`,
      );
    });
  }

  it('never answers before a handler that was put in the place of another', async () => {
    assert.equal(await early(), true);
    await nodeRed.evaluate(`(() => {
      const layer = ${root}._router.stack.find(({ name }) => name === 'query');
      const { handle } = layer;
      layer.handle = (req, res, next) => { res.setHeader('x-seen', '1'); handle(req, res, next); };
      globalThis.restore = () => { layer.handle = handle; };
    })()`);
    for (let time = 0; time < 3; time++) assert.equal((await send()).headers['x-seen'], '1');
    await nodeRed.evaluate('globalThis.restore()');
  });

  it('never answers before a middleware on a pattern that takes every second request', async () => {
    assert.equal(await early(), true);
    await nodeRed.evaluate(`(() => {
      RED.httpNode.use(/^\\/hook/g, ${seen});
      ${onTop('RED.httpNode')};
    })()`);
    for (let time = 0; time < 3; time++)
      assert.notEqual((await send()).headers['access-control-allow-origin'], undefined);
    await nodeRed.evaluate('void RED.httpNode._router.stack.shift()');
  });

  for (const [what, owner] of [
    ['an app', 'RED.httpNode'],
    ["an app's router", 'RED.httpNode._router'],
    ['the admin app', admin],
  ] as const) {
    it(`never answers before what was put in the place of the dispatch of ${what}`, async () => {
      assert.equal(await early(), true);
      await nodeRed.evaluate(`(() => {
        const owner = ${owner};
        const { handle } = owner;
        owner.handle = function (req, res, next) { res.setHeader('x-seen', '1'); return handle.call(this, req, res, next); };
        globalThis.restore = () => { owner.handle = handle; };
      })()`);
      for (let time = 0; time < 3; time++) assert.equal((await send()).headers['x-seen'], '1');
      await nodeRed.evaluate('globalThis.restore()');
    });
  }

  it('answers early again once they are gone', async () => {
    assert.equal(await early(), true);
  });
});

describe('the webhook node where the handlers of Node-RED are wrapped and tell nothing apart', () => {
  let nodeRed: NodeRed;
  afterEach(() => nodeRed.stop());

  for (const [how, wrapped] of [
    ['bound', 'handler.bind(null)'],
    ['wrapped alike', 'function wrapped(...args) { return handler.apply(this, args); }'],
  ] as const) {
    it(`never answers before a middleware that is ${how}`, async () => {
      nodeRed = await startNodeRed({
        flows: webhookFlow(),
        credentials,
        settingsSource: `(() => {
          const nodeRed = require('node:module').createRequire(${JSON.stringify(require.resolve('node-red/package.json'))});
          const parser = require('node:module').createRequire(nodeRed.resolve('@node-red/editor-api'))('body-parser');
          globalThis.wrap = (handler) => ${wrapped};
          for (const name of ['json', 'urlencoded']) {
            const { [name]: make } = parser;
            Object.defineProperty(parser, name, { value: (options) => globalThis.wrap(make(options)) });
          }
          return {};
        })()`,
      });
      const send = (): Promise<Answer> => post(`${nodeRed.url}/hook/order.created`);
      await send();
      await nodeRed.evaluate(`void RED.httpAdmin.parent.use(globalThis.wrap((req, res, next) => {
        res.setHeader('x-seen', '1');
        next();
      }))`);
      for (let time = 0; time < 3; time++) assert.equal((await send()).headers['x-seen'], '1');
    });
  }
});

/** What tracing packages do to Express, as read in their source. */
const wrappers: Record<string, string> = {
  'OpenTelemetry, which replaces the handlers of layers': `
    const patch = (layer) => { const { handle } = layer; if (handle.length === 4 || layer.patched) return; layer.patched = true;
      layer.handle = function (req, res) { traced(handle); return handle.apply(this, arguments); }; };
    for (const name of ['use', 'route']) { const original = express.Router[name];
      express.Router[name] = function (...args) { const result = original.apply(this, args); patch(this.stack.at(-1)); return result; }; }
    const { use } = express.application;
    express.application.use = function (...args) { const router = this._router; const result = use.apply(this, args); if (router) patch(router.stack.at(-1)); return result; };`,
  'New Relic, which wraps handlers before they are added': `
    const wrap = (fn) => { if (Array.isArray(fn)) return fn.map(wrap); if (typeof fn !== 'function' || fn.stack) return fn;
      const wrapped = function (...args) { traced(fn); return fn.apply(this, args); };
      return Object.defineProperties(wrapped, { name: { value: fn.name }, length: { value: fn.length } }); };
    const { use, route } = express.Router;
    express.Router.use = function (...args) { return use.apply(this, args.map(wrap)); };
    express.Router.route = function (path) { const made = route.call(this, path);
      for (const method of ['get', 'post']) { const original = made[method]; made[method] = function (...args) { return original.apply(this, args.map(wrap)); }; }
      const layer = this.stack.at(-1); layer.handle = wrap(layer.handle); return made; };`,
  'dd-trace, which wraps the dispatch of layers': `
    const { Layer } = { Layer: require('node:module').createRequire(expressFile)('./lib/router/layer') };
    const { handle_request } = Layer.prototype;
    Layer.prototype.handle_request = function (req, res, next) { traced(this.handle); return handle_request.call(this, req, res, next); };`,
};

for (const [what, source] of Object.entries(wrappers)) {
  describe(`the webhook node traced by ${what}`, () => {
    let nodeRed: NodeRed;
    afterEach(() => nodeRed.stop());

    it('receives, is seen by the tracer each time, and leaves no layer behind in deploys', async () => {
      nodeRed = await startNodeRed({
        flows: webhookFlow(),
        credentials,
        settingsSource: `(() => {
          const express = ${express};
          const expressFile = require('node:module').createRequire(${JSON.stringify(require.resolve('node-red/package.json'))}).resolve('express');
          globalThis.traces = 0;
          const traced = (handle) => { if (/onegevity|skip|endpoint/i.test(String(handle))) globalThis.traces++; };
          ${source}
          return {};
        })()`,
      });
      const layers = (): Promise<number[]> =>
        nodeRed.evaluate('[RED.httpNode.parent, RED.httpNode].map((app) => app._router.stack.length)');
      const before = await layers();
      for (let time = 0; time < 8; time++) {
        const traces = await nodeRed.evaluate<number>('globalThis.traces');
        assert.equal((await post(`${nodeRed.url}/hook/order.created`)).status, 200);
        assert.ok((await nodeRed.evaluate<number>('globalThis.traces')) >= traces + 2, 'not traced');
        assert.equal((await post(`${nodeRed.url}/hook`, order, { method: 'PUT' })).status, 405);
        await nodeRed.deploy(webhookFlow({ name: String(time) }), time % 2 ? 'nodes' : 'full');
      }
      assert.deepEqual(await layers(), before);
    });
  });
}

describe('the webhook node while the flows are stopped', () => {
  let nodeRed: NodeRed;
  afterEach(() => nodeRed.stop());
  const setState = async (state: 'start' | 'stop'): Promise<void> => {
    const response = await fetch(`${nodeRed.url}/flows/state`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ state }),
    });
    assert.equal(response.status, 200, await response.text());
  };
  const asksToComeAgain = ({ status, headers }: Answer): void =>
    assert.deepEqual([status, headers['retry-after']], [503, '30']);

  for (const [way, more] of [
    ['answering early', {}],
    ['by the ordinary route', { onegevityWebhookFast: false }],
  ] as const) {
    it(`asks at once to come again, and receives when they are started, ${way}`, async () => {
      const settings = { runtimeState: { enabled: true, ui: true }, ...more };
      nodeRed = await startNodeRed({ flows: webhookFlow(), credentials, settings });
      const send = (path = '/hook/order.created'): Promise<Answer> => post(`${nodeRed.url}${path}`);
      for (let time = 0; time < 2; time++) assert.equal((await send()).status, 200);
      await setState('stop');
      const start = performance.now();
      for (let time = 0; time < 2; time++) asksToComeAgain(await send());
      asksToComeAgain(await send('/hook'));
      assert.ok(performance.now() - start < 5000, 'had to wait');
      assert.equal((await send('/other')).status, 404);
      await setState('start');
      for (let time = 0; time < 2; time++) assert.equal((await send()).status, 200);
    });
  }

  it('asks to come again where a deploy cannot start the flows', async () => {
    nodeRed = await startNodeRed({ flows: webhookFlow(), credentials });
    assert.equal((await post(`${nodeRed.url}/hook`)).status, 200);
    const broken = [...webhookFlow(), { id: 'missing', type: 'no-such-type', z: 'tab', wires: [] }];
    await fetch(`${nodeRed.url}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(broken),
    });
    await nodeRed.waitForLog(/Waiting for missing types|missing-types/);
    asksToComeAgain(await post(`${nodeRed.url}/hook`));
    await nodeRed.deploy(webhookFlow());
    assert.equal((await post(`${nodeRed.url}/hook`)).status, 200);
  });

  for (const [how, state, settings] of [
    ['with stopped flows', { runtimeFlowState: 'stop' }, { runtimeState: { enabled: true, ui: true } }],
    ['in safe mode', {}, { safeMode: true }],
    ['with a missing node type', {}, {}],
  ] as const) {
    it(`asks to come again after a start of Node-RED ${how}`, async () => {
      const userDir = mkdtempSync(join(tmpdir(), 'onegevity-stopped-'));
      after(() => rmSync(userDir, { recursive: true, force: true }));
      writeFileSync(join(userDir, '.config.runtime.json'), JSON.stringify(state));
      const env = (name: string, value: string): object[] => [{ name, type: 'str', value }];
      const hook = (id: string, more: object): FlowNode => ({
        id,
        type: 'onegevity-webhook',
        z: 'tab',
        config: 'config',
        wires: [],
        ...more,
      });
      const inner = (id: string, type: string, z: string, PATH: string): FlowNode => ({
        id,
        type,
        z,
        x: 0,
        y: 0,
        env: env('PATH_OF', PATH),
        wires: [],
      });
      const flows: FlowNode[] = [
        ...webhookFlow(),
        { id: 'vars', type: 'tab', label: 'Variables', env: env('TAB', '/tab/value') },
        { id: 'off', type: 'tab', label: 'Disabled', disabled: true },
        { id: 'group', type: 'group', z: 'vars', nodes: ['grouped'], env: env('IN', '/group') },
        hook('tabbed', { z: 'vars', path: '${TAB}' }),
        hook('grouped', { z: 'vars', g: 'group', path: '$(IN)' }),
        hook('from-process', { z: 'vars', path: '${FROM_PROCESS}' }),
        hook('unused', { z: 'off', path: '/off' }),
        hook('disabled', { d: true, path: '/disabled' }),
        hook('overlapping', { path: '/hook/order.created' }),
        { id: 'sf', type: 'subflow', name: 'S', in: [], out: [], env: env('PATH_OF', 'none') },
        hook('s-hook', { z: 'sf', path: '${PATH_OF}', x: 0, y: 0 }),
        { id: 'around', type: 'subflow', name: 'A', in: [], out: [], env: env('PATH_OF', 'none') },
        {
          ...inner('nested', 'subflow:sf', 'around', ''),
          env: [{ name: 'PATH_OF', type: 'env', value: 'PATH_OF' }],
        },
        inner('one', 'subflow:sf', 'tab', '/one'),
        inner('two', 'subflow:around', 'tab', '/two'),
      ];
      const missing = { id: 'missing', type: 'no-such-type', z: 'tab', wires: [] };
      nodeRed = await startNodeRed({
        flows: how === 'with a missing node type' ? [...flows, missing] : flows,
        credentials,
        settings,
        userDir,
        env: { FROM_PROCESS: '/process' },
      });
      const served = ['/hook', '/hook/order.created', '/tab/value', '/group', '/process', '/one', '/two'];
      for (const path of served) asksToComeAgain(await post(nodeRed.url + path));
      const nobodys = ['/off', '/disabled', '/none', '/other'];
      for (const path of nobodys) assert.equal((await post(nodeRed.url + path)).status, 404, path);
      if (how === 'with stopped flows') {
        await nodeRed.deployed(() => setState('start'));
      } else await nodeRed.deploy(flows);
      for (const path of served) assert.equal((await post(nodeRed.url + path)).status, 200, path);
      for (const path of nobodys) assert.equal((await post(nodeRed.url + path)).status, 404, path);
    });
  }

  it('is never turned red for long by what nobody signed, and receives with any spelling of its URL', async () => {
    nodeRed = await startNodeRed({ flows: webhookFlow(), credentials, settings: { httpNodeRoot: '/api' } });
    const send = async (path: string, signature: string): Promise<string> => {
      const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n`;
      const { text } = await raw(nodeRed.port, (write) => {
        write(
          `${head}X-Onegevity-Signature: ${signature}\r\nContent-Length: ${order.length}\r\n\r\n${order}`,
        );
      });
      return text.slice(9, 12);
    };
    for (const path of ['/api//hook', '/api/hook#', '/api/hook?#', '/api//hook/order.created#a']) {
      assert.equal(await send(path, signed('x')), '401', path);
      assert.equal(await send(path, signed(order)), '200', path);
    }
    await nodeRed.waitForStatus('hook', ({ fill }) => fill === 'green');
  });
});
