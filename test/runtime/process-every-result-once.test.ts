import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNodeRed, type FlowNode, type NodeRed } from '../support/node-red';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/08 - Process every result once.json'), 'utf8'),
) as FlowNode[];

describe('The example "Process every result once" in a real Node-RED', () => {
  let nodeRed: NodeRed | undefined;
  afterEach(() => nodeRed?.stop());

  it('processes the event of its order once, and ends the delivery', async () => {
    nodeRed = await startNodeRed({ flows: example, settings: { onegevitySandboxPace: 0.1 } });
    await nodeRed.waitForLog(/processed {3}order\.created {3}order DEMO-8-KIT {3}attempt 1/, 15_000);
    await nodeRed.deploy(example);
    await nodeRed.waitForLog(/order exists {3}nothing was sent twice/, 15_000);
    assert.equal(nodeRed.log.match(/processed {3}order\.created/g)?.length, 1);
    assert.doesNotMatch(nodeRed.log, /Grace|1985-12-09/, 'no patient data in the log');
  });
});
