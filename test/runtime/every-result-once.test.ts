import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowNode, startNodeRed } from '../support/node-red';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/08 - Process every result once.json'), 'utf8'),
) as FlowNode[];

/** The example with a probe in place of each debug node. */
const flows = example.map((node) =>
  node.type === 'debug' ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] } : node,
);

describe('The example "Process every result once" in a real Node-RED', () => {
  it('keeps the reports of an order whose results were released, and ends the delivery', async () => {
    const nodeRed = await startNodeRed({ flows, settings: { onegevitySandboxPace: 0.1 } });
    try {
      const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages('result kept', 1, 15_000);
      assert.equal(msg.onegevity.params.orderIdentifier, 'DEMO-8-KIT');
      assert.equal(msg.onegevity.delivery.attempt, 1);
      const kept = await nodeRed.evaluate<Record<string, unknown[]>>(
        "RED.nodes.getNode('e8f0a10000000113').context().flow.get('results')",
      );
      assert.equal(kept['DEMO-8-KIT']?.length, 1);
      assert.deepEqual(nodeRed.messagesOf('dead letter'), []);
      assert.deepEqual(nodeRed.messagesOf('not ordered'), []);
    } finally {
      await nodeRed.stop();
    }
  });
});
