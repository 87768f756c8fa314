import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/03 - Look around.json'), 'utf8'),
) as FlowNode[];

/** The example with a probe in place of each debug node. */
const flows = example.map((node) =>
  node.type === 'debug' ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] } : node,
);

describe('The example "Look around" in a real Node-RED', () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows });
  });
  after(() => nodeRed.stop());

  async function press(name: string): Promise<void> {
    const button = example.find((node) => node.type === 'inject' && node.name === name);
    assert.ok(button);
    const { status } = await fetch(`${nodeRed.url}/inject/${button.id}`, { method: 'POST' });
    assert.equal(status, 200);
  }

  it('sends one message for each package, numbered for a join', async () => {
    await press('packages');
    const found = await nodeRed.waitForMessages('each package', 4);
    assert.deepEqual(
      found.map(({ msg }) => msg.parts.index as number),
      [0, 1, 2, 3],
    );
    assert.equal(found.at(-1)?.msg.onegevity.page.last, true);
  });

  it("reads a survey with the patient's answers", async () => {
    await press('stress survey');
    const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages('survey');
    assert.equal(msg.onegevity.params.key, 'stress');
    assert.equal(msg.onegevity.params.patientIdentifier, 'SB-000001');
  });

  it('goes from the list of recommendations to each one by the previous step', async () => {
    await press('recommendations');
    for (const { msg } of await nodeRed.waitForMessages('each recommendation', 3)) {
      assert.equal(msg.onegevity.params.recommendationId, msg.payload.id);
      assert.equal(msg.onegevity.params.patientIdentifier, 'SB-000001');
    }
  });

  it('calls any path', async () => {
    await press('any path');
    const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages('answer');
    assert.equal(msg.payload.patientIdentifier, 'SB-000001');
    assert.deepEqual(nodeRed.messagesOf('error'), []);
  });
});
