import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { json, TestServer } from '../support/http-server';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';
import { post, secret } from '../support/webhook';

const folder = join(__dirname, '../../examples');
const examples = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => ({ file, nodes: JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[] }));
const stop = 'not on the sandbox';

/** The example on an account that is not the sandbox, with a probe in place of each debug node. */
function elsewhere(nodes: FlowNode[], baseUrl: string): FlowNode[] {
  return nodes.map((node) => {
    if (node.type === 'onegevity-config') return { ...node, environment: 'custom', baseUrl };
    const label = `${String(node.z)} ${String(node.name)}`;
    return node.type === 'debug' ? { ...node, type: 'test-probe', label, wires: [[]] } : node;
  });
}

/** Whether what leaves this node can come to a node of a "not on the sandbox". */
function isGuarded(nodes: FlowNode[], from: FlowNode): boolean {
  const ways = new Set([from.id]);
  for (const id of ways) {
    const { wires = [], links = [] } = nodes.find((node) => node.id === id) as {
      wires?: string[][];
      links?: string[];
    };
    for (const next of [...wires.flat(), ...links]) ways.add(next);
  }
  return nodes.some(({ id, name }) => name === stop && ways.has(id));
}

describe('On an account that is not the sandbox, the example', () => {
  let server: TestServer;
  let nodeRed: NodeRed;
  before(async () => {
    server = await TestServer.start();
    // Every list is empty, and there is an order whose kit waits to be activated.
    const kit = { type: 'kit', status: 'NOT_ACTIVATED', packageElementIdentifier: 'GUT-KIT' };
    server.answers = [
      json(200, { packages: [], patients: [], recommendations: [], orderIdentifier: 'O1', elements: [kit] }),
    ];
    const credentials = { clientId: 'id', clientSecret: 'secret', webhookSecret: secret };
    const accounts = examples.flatMap(({ nodes }) =>
      nodes.filter(({ type }) => type === 'onegevity-config').map(({ id }) => [id, credentials]),
    );
    nodeRed = await startNodeRed({
      flows: examples.flatMap(({ nodes }) => elsewhere(nodes, server.url)),
      credentials: Object.fromEntries(accounts) as Record<string, typeof credentials>,
    });
  });
  after(async () => {
    await nodeRed.stop();
    await server.stop();
  });

  const writes = (): string[] =>
    server.apiRequests.filter(({ method }) => method !== 'GET').map(({ method, url }) => `${method} ${url}`);

  for (const { file, nodes } of examples) {
    const buttons = nodes.filter(({ type }) => type === 'inject');
    if (buttons.length === 0) continue;
    it(`${file} writes nothing by itself, nor when its buttons are pressed`, async () => {
      const tab = nodes.find(({ type }) => type === 'tab')!.id;
      const pressed = [...buttons, ...buttons.filter(({ once }) => once)];
      const stopped = pressed.filter((button) => isGuarded(nodes, button));
      for (const { id } of buttons) {
        const { status } = await fetch(`${nodeRed.url}/inject/${id}`, { method: 'POST' });
        assert.equal(status, 200);
      }
      const stops = await nodeRed.waitForMessages(`${tab} ${stop}`, stopped.length);
      for (const { msg } of stops) assert.equal(msg.onegevity.environment, 'custom');
      await nodeRed.waitFor(
        () =>
          nodeRed.messages.filter(({ label }) => label.startsWith(tab)).length >= pressed.length || undefined,
        'each press to come to an end',
      );
      assert.deepEqual(writes(), []);
    });
  }

  it('01 - Order a test kit.json activates no kit with its made-up code when an order has news', async () => {
    const { nodes } = examples.find(({ file }) => file.startsWith('01'))!;
    const before = nodeRed.messages.length;
    const { status } = await post(`${nodeRed.url}/onegevity/order-a-test-kit/order.updated`);
    assert.equal(status, 200);
    const label = `${nodes[0]!.id} ${stop}`;
    const { msg } = await nodeRed.waitFor(
      () => nodeRed.messages.slice(before).find((message) => message.label === label),
      'the event to come to its end',
    );
    assert.equal(msg.onegevity.operation, 'patientOrderDetails');
    assert.deepEqual(writes(), []);
  });
});
