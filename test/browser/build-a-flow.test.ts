import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { topics } from '../../src/generated/topics';
import { Builder } from '../support/builder';
import { useEditor } from '../support/editor-suite';

interface Released {
  patientIdentifier: string;
  orderIdentifier: string;
  patientName: string;
  reportName: string;
}

/** Finds in the sandbox an order whose report is there. */
const findReleased = (config: string) => `(async () => {
  const client = await RED.nodes.getNode(${JSON.stringify(config)}).client();
  const get = async (path) => (await client.request({ method: 'GET', path })).body;
  for (const patient of (await get('/patients')).patients) {
    const patientIdentifier = patient.patientIdentifier;
    const at = '/patients/' + patientIdentifier;
    for (const { orderIdentifier } of (await get(at + '/orders')).orders) {
      const [report] = (await get(at + '/orders/' + orderIdentifier + '/reports')).reports;
      if (!report) continue;
      const details = await get(at + '/reports/' + report.id + '/details');
      return { patientIdentifier, orderIdentifier, patientName: patient.firstName, reportName: details.name };
    }
  }
})()`;

describe('building a flow in an empty tab', function () {
  this.timeout(90_000);
  const suite = useEditor();

  it("takes at most 25 actions for: when results are released, show the patient's name with the report's", async () => {
    const editor = await suite.open();
    const user = new Builder(editor);

    const patient = await user.drag('onegevity-patient', 400, 320);
    await user.open(patient);
    await user.click('#node-input-btn-config-add');
    await editor.dialogOpen('config');
    await user.done();
    await user.type('node-input-output', 'patient');
    await user.done();

    const webhook = await user.drag('onegevity-webhook', 120, 200);
    await user.wire(
      webhook,
      topics.findIndex(({ name }) => name === 'results.released'),
      patient,
    );

    const reports = await user.drag('onegevity-report', 600, 320);
    await user.wire(patient, 0, reports);

    const report = await user.drag('onegevity-report', 600, 420);
    await user.wire(reports, 0, report);
    await user.open(report);
    await user.choose('#node-input-operation', 'patientReportDetails');
    await user.chooseType('node-input-field-patientIdentifier', 'previous step');
    await user.done();

    const debug = await user.drag('debug', 600, 520);
    await user.wire(report, 0, debug);
    await user.open(debug);
    await user.chooseType('node-input-typed-complete', 'expression');
    await user.type('node-input-typed-complete', 'patient.firstName & ": " & payload.name');
    await user.done();

    assert.ok(user.actions.length <= 25, user.actions.join('\n'));
    assert.deepEqual(await suite.nodeRed.deployed(() => editor.deploy()), []);

    const { config, path } = await editor.node(webhook);
    const { patientName, reportName, ...event } = await suite.nodeRed.evaluate<Released>(
      findReleased(config as string),
    );
    const { current } = await suite.nodeRed.evaluate<{ current: string }>(
      `RED.nodes.getNode('${config as string}').webhookSecrets()`,
    );
    const body = JSON.stringify({ id: 1, ...event });
    const signature = createHmac('sha256', current).update(body).digest('base64');
    const answer = await fetch(`${suite.nodeRed.url}${path as string}/results.released`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-onegevity-signature': signature },
      body,
    });
    assert.equal(answer.status, 200);
    // The node also warns that its output "other" has no wire.
    const shown = editor.page.locator('.red-ui-debug-msg-payload');
    await shown.filter({ hasText: reportName }).waitFor({ state: 'attached' });
    assert.equal((await shown.allTextContents()).at(-1), `"${patientName}: ${reportName}"`);
  });
});
