/** Flows with a webhook node whose inbox is durable, and what tests ask of such a Node-RED. */
import { Agent, request } from 'node:http';
import { Keyring } from '../../src/lib/inbox/keyring';
import type { InboxView } from '../../src/nodes/admin/inbox-view';
import type { FlowNode, NodeRed } from './node-red';
import { secret, signed } from './webhook';

export const inboxKey = Keyring.generate();
export const inboxCredentials = { config: { webhookSecret: secret, inboxKey } };

/** What lies between the webhook node's output and the flow's end. The first node is named `first`. */
export type Way = readonly FlowNode[];

export const probe: FlowNode = {
  id: 'first',
  type: 'test-probe',
  z: 'tab',
  label: 'event',
  wires: [['done']],
};
/** Emitted, and never ended. */
export const hold: FlowNode = { ...probe, wires: [[]] };

/** One topic, `order.created`, whose output leads over some nodes (default: a probe) to a done node. */
export function inboxFlow(
  properties: Record<string, unknown> = {},
  way: Way = [probe],
  done: Record<string, unknown> = {},
): FlowNode[] {
  const dead = properties.deadLetterOutput === true;
  const duplicates = properties.duplicatesOutput === true;
  const nodes: FlowNode[] = [
    { id: 'tab', type: 'tab', label: 'Test' },
    { id: 'config', type: 'onegevity-config', environment: 'custom', baseUrl: 'http://127.0.0.1:1' },
    {
      id: 'hook',
      type: 'onegevity-webhook',
      z: 'tab',
      config: 'config',
      path: '/hook',
      topics: ['order.created'],
      inbox: 'disk',
      ...properties,
      wires: [
        ['first'],
        ['probe-other'],
        ...(duplicates ? [['probe-duplicates']] : []),
        ...(dead ? [['probe-dead']] : []),
      ],
    },
    ...way,
    { id: 'done', type: 'onegevity-done', z: 'tab', ...done },
    { id: 'errors', type: 'catch', z: 'tab', scope: ['done'], wires: [['probe-failed']] },
    ...['other', 'duplicates', 'dead', 'failed'].map((label) => ({
      id: `probe-${label}`,
      type: 'test-probe',
      z: 'tab',
      label,
      wires: [[]],
    })),
  ];
  // Without a place a node counts as a configuration, and a property that equals an id as a reference to that node.
  return nodes.map((node) => (node.z ? { x: 0, y: 0, ...node } : node));
}

export const eventBody = (id: number, patient = 'P1') =>
  JSON.stringify({ id, orderIdentifier: `O${id}`, patientIdentifier: patient });

/**
 * Sends many signed events over a number of connections. Never fails: what happened to each is told.
 * @param key signs them
 * @returns the ids by what came of them
 */
export async function sendEvents(
  port: number,
  ids: readonly number[],
  connections = 20,
  key = secret,
): Promise<{ accepted: number[]; refused: number[]; unanswered: number[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const result = { accepted: [] as number[], refused: [] as number[], unanswered: [] as number[] };
  const waiting = [...ids];
  const sender = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const status = await sendEvent(port, eventBody(id), agent, key);
      if (status === undefined) result.unanswered.push(id);
      else if (status === 200) result.accepted.push(id);
      else result.refused.push(id);
    }
  };
  await Promise.all(Array.from({ length: connections }, sender));
  agent.destroy();
  return result;
}

function sendEvent(port: number, body: string, agent: Agent, key: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request({
      host: '127.0.0.1',
      port,
      path: '/hook/order.created',
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'x-onegevity-signature': signed(body, key),
      },
    });
    sent.on('error', () => resolve(undefined));
    sent.on('response', (response) => {
      response.on('error', () => resolve(undefined));
      response.resume().on('end', () => resolve(response.statusCode));
    });
    sent.end(body);
  });
}

/** What the editor would show of the inbox. */
export function viewInbox(nodeRed: NodeRed): Promise<InboxView> {
  return waitForInbox(nodeRed, () => true);
}

/** Resolves when the inbox holds nothing that is not dead. */
export function waitUntilEmpty(nodeRed: NodeRed, timeout?: number): Promise<InboxView> {
  return waitForInbox(nodeRed, ({ stats }) => stats.waiting + stats.inFlight === 0, timeout);
}

/** Asks until the inbox is open and as wanted. */
async function waitForInbox(
  nodeRed: NodeRed,
  wanted: (view: InboxView) => boolean,
  timeout = 15_000,
): Promise<InboxView> {
  const end = Date.now() + timeout;
  for (;;) {
    const response = await fetch(`${nodeRed.url}/onegevity/inbox/hook`);
    const body = (await response.json()) as InboxView & { ok: boolean };
    if (body.ok && wanted(body)) return body;
    if (Date.now() > end) throw new Error(`not in time: ${JSON.stringify(body)}`);
  }
}
