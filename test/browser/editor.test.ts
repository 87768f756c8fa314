import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { Editor } from '../support/editor';
import { startNodeRed, type NodeRed } from '../support/node-red';

const examples = readdirSync(join(__dirname, '../../examples'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

const types = [
  'patient',
  'order',
  'kit',
  'package',
  'survey',
  'report',
  'recommendation',
  'request',
  'webhook',
  'ui-kit',
];

describe('the editor', function () {
  this.timeout(60_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let editor: Editor;

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startNodeRed()]);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  beforeEach(async () => {
    await nodeRed.deploy([{ id: 'tab', type: 'tab', label: 'Test' }]);
    editor = await Editor.open(browser, nodeRed);
  });
  afterEach(async () => {
    const { complaints } = editor;
    await editor.close();
    assert.deepEqual(complaints, []);
  });

  it('shows every node type in the palette', async () => {
    const shown = (await editor.palette()).map(({ type }) => type);
    for (const type of types) assert.ok(shown.includes(`onegevity-${type}`), type);
  });

  for (const type of types) {
    it(`opens and saves the dialog of a new ${type} node`, async () => {
      const id = await editor.addNode(`onegevity-${type}`, 300, 200);
      const before = await editor.node(id);
      await editor.openDialog(id);
      await editor.confirm();
      assert.deepEqual(await editor.node(id), before);
    });
  }

  for (const name of examples) {
    it(`imports and deploys the example "${name}" without a question`, async () => {
      await editor.importExample(name);
      assert.deepEqual(await editor.deploy(), []);
    });
  }
});
