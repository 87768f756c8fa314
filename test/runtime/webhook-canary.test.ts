import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { credentials, post, type PostOptions, raw, signed, webhookFlow } from '../support/webhook';
import { type NodeRed, startNodeRed } from '../support/node-red';

const person = {
  id: 77_001_122,
  orderIdentifier: 'canary-order-4711',
  patientIdentifier: 'canary-patient-0815',
  activationCode: 'TH-CANARY',
  name: 'Canary Birdwell',
  dateOfBirth: '1970-11-30',
  email: 'canary@example.org',
  address: '12 Canary Wharf',
};
const canaries = [
  ...Object.values(person).map(String),
  credentials.config.webhookSecret,
  'canary-other-secret',
];

describe('patient data and secrets in the webhook node', () => {
  let nodeRed: NodeRed;
  afterEach(() => nodeRed.stop());

  for (const [way, settingsSource] of [
    ['answering early', '{}'],
    ['by the ordinary route', '{ onegevityWebhookFast: false }'],
    ['behind a middleware that fails now and then', failing()],
  ] as const) {
    it(`stay in msg alone, ${way}`, async () => {
      const answers: string[] = [];
      const options = { rejectedOutput: true, duplicateWindow: 60, maxBodySize: 1000, bodyTimeout: 0.2 };
      const [tab, config, hook, ...probes] = webhookFlow(options);
      const slow = { ...hook!, id: 'slow', path: '/slow', respond: 'flow', responseTimeout: 0.1 };
      nodeRed = await startNodeRed({
        flows: [tab!, config!, hook!, slow, ...probes],
        credentials: { config: { ...credentials.config, previousWebhookSecret: 'canary-other-secret' } },
        settingsSource,
        settings: {
          logging: { console: { level: 'trace', metrics: way !== 'answering early', audit: true } },
        },
      });
      const body = JSON.stringify(person);
      const send = async (path: string, sent: string | Uint8Array, more?: PostOptions): Promise<void> => {
        const { status, headers, body: text } = await post(`${nodeRed.url}${path}`, sent, more);
        answers.push(`${status} ${JSON.stringify(headers)} ${text}`);
      };
      for (const path of [
        '/hook',
        '/hook/kit.activated',
        '/hook/order.created',
        '/slow/kit.activated',
        '/hook/canary',
      ]) {
        await send(path, body);
        await send(path, body);
        await send(path, body, { signature: signed(body, 'canary-other-secret') });
        for (const signature of [null, '', signed('x'), 'canary-order-4711'])
          await send(path, body, { signature });
        await send(path, body.slice(0, -1));
        await send(path, Buffer.from(body.replace('Canary B', 'Canäry B'), 'latin1'));
        await send(path, body.padEnd(2000));
        await send(path, body, { headers: { 'content-encoding': 'gzip' } });
        await send(path, body, { headers: { 'content-encoding': 'canary' } });
        await send(path, gzipSync(body), { headers: { 'content-encoding': 'gzip' } });
        await send(path, body, { headers: { 'x-stop': 'throw' } });
        await send(path, body, { headers: { 'x-stop': 'consume' } });
        for (const method of ['GET', 'PUT']) await send(path, body, { method });
      }
      const half = await raw(nodeRed.port, (write) => {
        write(`POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n${body}`);
      });
      await nodeRed.deploy([tab!, config!, { ...hook!, path: '/other' }, slow, ...probes], 'nodes');
      answers.push(half.text);

      const seen = nodeRed.messages.filter(({ label }) => label !== 'rejected').length;
      assert.ok(seen > 5, 'the messages themselves carry the data');
      const rejected = nodeRed.messages.filter(({ label }) => label === 'rejected');
      assert.ok(rejected.length > 0);
      const files = filesOf(nodeRed.userDir).filter(([name]) => !name.endsWith('flows_cred.json'));
      assert.ok(files.some(([name]) => name.endsWith('flows.json')));
      const places: [string, string][] = [
        ['the log', nodeRed.log],
        ['a status', JSON.stringify(nodeRed.statuses)],
        ['an answer', answers.join('\n')],
        ['a rejected message', JSON.stringify(rejected)],
        ...files,
      ];
      for (const canary of canaries) {
        for (const [place, text] of places) assert.ok(!text.includes(canary), `"${canary}" is in ${place}`);
      }
    });
  }
});

/** A middleware that throws what it was sent, or reads it and keeps nothing. */
function failing(): string {
  return `{ httpNodeMiddleware: (req, res, next) => {
    if (!req.headers['x-stop']) return next();
    let all = '';
    req.on('data', (chunk) => (all += chunk));
    req.on('end', () => next(req.headers['x-stop'] === 'throw' ? Object.assign(new Error(all), { body: all }) : undefined));
  } }`;
}

function filesOf(folder: string): [string, string][] {
  return readdirSync(folder).flatMap((name): [string, string][] => {
    const file = join(folder, name);
    if (name === 'node_modules') return [];
    return statSync(file).isDirectory() ? filesOf(file) : [[file, readFileSync(file, 'utf8')]];
  });
}
