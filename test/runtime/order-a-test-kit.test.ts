import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNodeRed, type FlowNode, type NodeRed } from '../support/node-red';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/01 - Order a test kit.json'), 'utf8'),
) as FlowNode[];

describe('The example "Order a test kit" in a real Node-RED with default settings', () => {
  let nodeRed: NodeRed | undefined;
  afterEach(() => nodeRed?.stop());

  it('shows the life of one order, from the registered patient to the report', async () => {
    nodeRed = await startNodeRed({ flows: example, settings: { onegevitySandboxPace: 0.1 } });
    await nodeRed.waitForLog(/report fetched .*patientReportDetails/, 15_000);
    const steps = [
      /patient registered +createPatient {3}patient DEMO-1/,
      /order created .*createPatientOrder {3}order DEMO-1-KIT/,
      /order\.created +webhook {3}order DEMO-1-KIT/,
      /fulfillment\.requested +webhook {3}request/,
      /fulfillment\.accepted +webhook {3}request/,
      /fulfillment\.shipped +webhook {3}request .*tracking/,
      /kit activation sent +activateKit {3}order DEMO-1-KIT/,
      /kit\.activated +webhook {3}order DEMO-1-KIT/,
      /at the lab +order\.updated {3}order DEMO-1-KIT/,
      /results\.released +webhook {3}order DEMO-1-KIT/,
      /report fetched +patientReportDetails {3}report \d+/,
    ];
    for (const step of steps) assert.match(nodeRed.log, step);
    const places = steps.slice(1).map((step) => nodeRed?.log.search(step) ?? -1);
    assert.ok((places[0] ?? 0) < (places.at(-1) ?? 0), 'the order is created before its report is fetched');
    assert.doesNotMatch(nodeRed.log, /failed {10}/);
    assert.doesNotMatch(nodeRed.log, /Ada|1990-04-01|ada@example\.com/, 'no patient data in the log');
  });

  it('sends nothing twice when it is run again', async () => {
    nodeRed = await startNodeRed({ flows: example, settings: { onegevitySandboxPace: 0.1 } });
    await nodeRed.waitForLog(/order created/);
    await nodeRed.deploy(example);
    await nodeRed.waitForLog(/order exists +nothing was sent twice {3}order DEMO-1-KIT/);
    assert.equal(nodeRed.log.match(/order created /g)?.length, 1);
  });
});
