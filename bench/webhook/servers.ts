import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type FlowNode, startNodeRed } from '../../test/support/node-red';
import { type Usage, usageOf } from '../support';

export const secret = 'bench-secret';
export const path = '/hook/order.created';

/** Something that receives signed deliveries, in a process of its own. */
export interface Server {
  pid: number | undefined;
  url: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

/** A server without Node-RED: `bare` or `express`. */
export async function startPeer(name: 'bare' | 'express'): Promise<Server> {
  const child: ChildProcess = fork(join(__dirname, 'peers', `${name}.cjs`), [secret]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    pid: child.pid,
    url: `http://127.0.0.1:${port}${path}`,
    usage: async () => {
      child.send('usage');
      const [usage] = (await once(child, 'message')) as [Usage];
      return usage;
    },
    stop: async () => {
      child.disconnect();
      await once(child, 'exit');
    },
  };
}

const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };

/** What a user would build: raw http in, a function that verifies, a switch, two answers. */
export const handBuilt: FlowNode[] = [
  tab,
  {
    id: 'in',
    type: 'http in',
    z: 'tab',
    url: path,
    method: 'post',
    skipBodyParsing: true,
    wires: [['verify']],
  },
  {
    id: 'verify',
    type: 'function',
    z: 'tab',
    func: `const expected = crypto.createHmac('sha256', '${secret}').update(msg.payload).digest();
const claimed = Buffer.from(msg.req.headers['x-onegevity-signature'] || '', 'base64');
msg.verified = claimed.length === expected.length && crypto.timingSafeEqual(claimed, expected);
if (msg.verified) msg.payload = JSON.parse(msg.payload);
return msg;`,
    outputs: 1,
    libs: [{ var: 'crypto', module: 'crypto' }],
    wires: [['valid']],
  },
  {
    id: 'valid',
    type: 'switch',
    z: 'tab',
    property: 'verified',
    propertyType: 'msg',
    rules: [{ t: 'true' }, { t: 'else' }],
    outputs: 2,
    wires: [['ok'], ['refused']],
  },
  { id: 'ok', type: 'http response', z: 'tab', statusCode: '200', headers: {}, wires: [] },
  { id: 'refused', type: 'http response', z: 'tab', statusCode: '401', headers: {}, wires: [] },
];

/**
 * A core node that deals with a message at once, as most do. Not a switch: that one takes a single message in each
 * turn of the event loop, so under load its queue grows without end, and what is measured is that queue.
 */
export const work = { type: 'change', rules: [{ t: 'set', p: 'seen', pt: 'msg', to: 'true', tot: 'bool' }] };

/** Our node, with a node behind it. What the switch of the flow built by hand does, it does itself. */
export const ours = (properties: object = {}): FlowNode[] => [
  tab,
  { id: 'config', type: 'onegevity-config', environment: 'custom', baseUrl: 'http://127.0.0.1:1' },
  {
    id: 'hook',
    type: 'onegevity-webhook',
    z: 'tab',
    config: 'config',
    path: '/hook',
    topics: ['order.created'],
    ...properties,
    wires: [['next'], []],
  },
  { id: 'next', z: 'tab', ...work, wires: [[]] },
];

/** Node-RED with default settings, but for the given ones. */
export async function startFlow(flows: FlowNode[], settings: object = {}): Promise<Server> {
  const nodeRed = await startNodeRed({
    flows,
    credentials: { config: { webhookSecret: secret } },
    settings: { logging: { console: { level: 'warn', metrics: false, audit: false } }, ...settings },
    startTimeout: 60_000,
  });
  return {
    pid: nodeRed.process.pid,
    url: `${nodeRed.url}${path}`,
    usage: () => usageOf(nodeRed),
    stop: () => nodeRed.stop(),
  };
}
