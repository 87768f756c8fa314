import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { Agent, createServer, request, type Server, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import type { NodeAPI } from 'node-red';
import { Receiver } from '../../../src/lib/webhook/receiver';
import { pathPattern } from '../../../src/lib/webhook/path';
import { Endpoint } from '../../../src/nodes/webhook/route/endpoint';
import type { App } from '../../../src/nodes/webhook/route/express';
import { webhookRouterOf } from '../../../src/nodes/webhook/route/webhook-router';
import { strict } from '../../support/receiver-server';
import { order, secret, signed } from '../../support/webhook';

const nodeRed = createRequire(require.resolve('node-red/package.json'));
const express = nodeRed('express') as () => App & { set(name: string, value: unknown): void };
const bodyParser = nodeRed('body-parser') as { json(): never };

/** Where a host may have put Node-RED's app. */
const places: Record<string, (root: App, httpNode: App) => void> = {
  'at the root': (root, httpNode) => root.use('/', httpNode as never),
  'below a root path': (root, httpNode) => root.use('/api/', httpNode as never),
  'below several paths': (root, httpNode) => root.use(['/api', '/v1/:tenant'], httpNode as never),
  'in an app within an app': (root, httpNode) => {
    const between = express();
    root.use('/v1', between as never);
    between.use('/api', httpNode as never);
  },
};

const usualRoots: Record<string, string> = {
  'at the root': '',
  'below a root path': '/api',
  'below several paths': '/api',
  'in an app within an app': '/v1/api',
};

const path = '/hook';
const routing = { caseSensitive: false, strict: false };

/** As Node-RED is built, with a body parser before all flows. */
function appWith(place: (root: App, httpNode: App) => void): { root: App; httpNode: App; httpAdmin: App } {
  const [root, httpNode, httpAdmin] = [express(), express(), express()];
  for (const app of [root, httpNode, httpAdmin]) app.set('x-powered-by', false);
  httpAdmin.use(bodyParser.json());
  root.use('/', httpAdmin as never);
  place(root, httpNode);
  return { root, httpNode, httpAdmin };
}

const pieces = fc.constantFrom(
  ...[
    '/',
    '//',
    '/api',
    '/v1',
    '/hook',
    '/HOOK',
    '/order.created',
    '/kit.activated',
    'x',
    '#',
    '#a',
    '?',
    '?a=/hook',
  ],
  ...[
    ';',
    ';a=b',
    '%2F',
    '%2f',
    '%6f',
    '/h%6fok',
    '%zz',
    '%',
    '\\',
    '/.',
    '/..',
    '*',
    ':',
    '@',
    '\u00a0',
    '\u00e9',
    '&',
    '//hook#',
  ],
);
const targetBelow = (usual: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom('', '', '', '', 'http://host', 'HTTP://host:80', 'https://u@host', 'foo://bar', 'x:'),
      fc.constantFrom(
        usual,
        usual,
        usual,
        usual,
        usual,
        '',
        '/',
        '//',
        '/api',
        '/api/',
        '/API',
        '/api//',
        '/api/.',
        '/v1/api',
        '/v1//api',
        '/v1/a%2fb',
        '/api#',
      ),
      fc.constantFrom('/hook', '/hook', '/Hook', '//hook', 'hook', '\\hook', '/h%6Fok', '/'),
      fc.constantFrom(
        '',
        '/order.created',
        '/Order.Created/',
        '//order.created',
        '/order%2Ecreated',
        '\\order.created',
      ),
      fc.oneof(fc.constant<string[]>([]), fc.array(pieces, { maxLength: 3 })),
    )
    .map(([origin, root, hook, topic, more]) => origin + root + hook + topic + more.join(''));

for (const [where, place] of Object.entries(places)) {
  describe(`the capture of deliveries with Node-RED's app ${where}`, () => {
    const servers: Server[] = [];
    const agent = new Agent({ keepAlive: true });
    let refused: string[];
    let consumed = 0;
    let ours = 0;
    let twin = 0;

    const listen = async (root: App): Promise<number> => {
      const server = createServer(root);
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    };
    const post = (port: number, sent: string): Promise<number | string> =>
      new Promise((resolve) => {
        const headers = {
          'content-type': 'application/json',
          'content-length': order.length,
          'x-onegevity-signature': signed(order),
        };
        // Node.js' client takes some characters only when they are put in afterwards.
        const sending = request({ port, host: '127.0.0.1', method: 'POST', agent, headers });
        (sending as unknown as { path: string }).path = sent;
        sending.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
        sending.on('response', (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        });
        sending.end(order);
      });

    before(async () => {
      process.env.NODE_ENV = 'test';
      const { root, httpNode, httpAdmin } = appWith(place);
      const RED = { httpNode, httpAdmin, settings: {}, events: new EventEmitter() } as unknown as NodeAPI;
      const receiver = new Receiver({
        ...strict,
        bodyTimeout: 5000,
        onEvent: () => undefined,
        onDuplicate: () => undefined,
        onRejected: ({ reason }) => refused.push(reason),
        onLate: () => undefined,
        onPreviousSecret: () => undefined,
      });
      receiver.setSecrets({ current: secret });
      refused = [];
      const host = webhookRouterOf(RED);
      const endpoint = host?.claim(path, {
        receiver,
        fast: true,
        onBlocked: () => undefined,
        onBodyConsumed: () => consumed++,
        onMiddlewareError: () => undefined,
      });
      assert.ok(endpoint instanceof Endpoint);
      ours = await listen(root);
      const other = appWith(place);
      other.httpNode.post(
        pathPattern(path, routing),
        (_request: unknown, response: ServerResponse) => void response.end(),
      );
      twin = await listen(other.root);
    });
    after(async () => {
      agent.destroy();
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    });

    it('takes every URL that Express routes to it for a delivery, and no other', async () => {
      let matched = 0;
      await fc.assert(
        fc.asyncProperty(targetBelow(usualRoots[where] ?? ''), async (sent) => {
          const expected = await post(twin, sent);
          // Twice, since the second one may be answered early.
          for (let time = 0; time < 2; time++) assert.equal(await post(ours, sent), expected, sent);
          assert.notEqual(expected, 500);
          if (expected === 200) matched++;
        }),
        {
          numRuns: 200,
          examples: [
            '/hook#',
            '/api//hook',
            '/api/hook#a',
            '//',
            '/hook\\#',
            '/api//hook/order.created#?',
          ].map((one) => [one]),
        },
      );
      assert.ok(matched >= 5, `only ${matched} matched`);
      assert.deepEqual([refused, consumed], [[], 0]);
    });
  });
}
