import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowNode, type NodeRed, type ProbeMessage, startNodeRed } from '../support/node-red';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/08 - Process every result once.json'), 'utf8'),
) as FlowNode[];

/** The example with a probe in place of each debug node. It retries at once what the example retries after a while. */
const flows = example.map((node) => {
  if (node.type === 'debug') return { ...node, type: 'test-probe', label: String(node.name), wires: [[]] };
  return node.type === 'onegevity-done' && node.outcome === 'retry' ? { ...node, delay: 0 } : node;
});

describe('The example "Process every result once" in a real Node-RED', () => {
  let nodeRed: NodeRed;
  beforeEach(async () => {
    nodeRed = await startNodeRed({ flows, settings: { onegevitySandboxPace: 0.1 } });
  });
  afterEach(() => nodeRed.stop());

  const ofList = { operation: 'listPatientOrderReports', times: 1 };
  const control = async <T>(method: string, path: string, members?: object): Promise<T> => {
    const response = await fetch(`${nodeRed.url}/onegevity/sandbox/sandbox/${path}`, {
      method,
      headers: { origin: nodeRed.url, ...(members && { 'content-type': 'application/json' }) },
      ...(members && { body: JSON.stringify(members) }),
    });
    assert.equal(response.status, 200);
    return (await response.json()) as T;
  };
  const first = ([message]: ProbeMessage[]): ProbeMessage['msg'] => message?.msg;

  it('keeps the reports of an order whose results were released, and marks the event as done', async () => {
    const msg = first(await nodeRed.waitForMessages('result kept', 1, 15_000));
    assert.equal(msg.onegevity.params.orderIdentifier, 'DEMO-8-KIT');
    assert.equal(msg.onegevity.delivery.attempt, 1);
    const kept = await nodeRed.evaluate<Record<string, unknown[]>>(
      "RED.nodes.getNode('e8f0a10000000113').context().flow.get('results')",
    );
    assert.equal(kept['DEMO-8-KIT']?.length, 1);
    assert.deepEqual(nodeRed.messagesOf('dead letter'), []);
    assert.deepEqual(nodeRed.messagesOf('not ordered'), []);
  });

  it('retries an order without a report yet and an unusable response, and dead-letters an unknown order at once', async () => {
    for (const fault of [
      { fault: 'body', text: '{"reports":[]}' },
      { fault: 'html' },
      { fault: 'truncated' },
      { fault: 'body', text: '"reports"' },
      { fault: 'body', text: '{"reports":[{}]}' },
      { fault: 'body', text: '{"reports":[{"id":1}],"totalNumberOfElements":2}' },
      { fault: 'body', text: '{"reports":[]}' },
      { fault: 'status', status: 500 },
      { fault: 'reset-before' },
    ]) {
      await control('POST', 'faults', { ...ofList, ...fault });
    }
    const kept = first(await nodeRed.waitForMessages('result kept', 1, 15_000));
    assert.equal(kept.payload.length, 1);
    assert.ok(kept.onegevity.delivery.attempt > 1);
    assert.deepEqual(nodeRed.messagesOf('dead letter'), []);

    await control('POST', 'faults', { ...ofList, fault: 'status', status: 404 });
    const { deliveries } = await control<{ deliveries: { id: string; topic: string }[] }>(
      'GET',
      'deliveries',
    );
    const released = deliveries.find(({ topic }) => topic === 'results.released');
    await control('POST', `deliveries/${released?.id}/resend`);
    const dead = first(await nodeRed.waitForMessages('dead letter', 1, 15_000));
    assert.equal(dead.onegevity.delivery.attempt, 1);
    assert.equal(dead.onegevity.delivery.reason, 'not_found');
    assert.equal(nodeRed.messagesOf('result kept').length, 1);
  });
});
