import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nodeTypes } from '../../scripts/node-pages';
import { tab, useEditor } from '../support/editor-suite';

const examples = readdirSync(join(__dirname, '../../examples'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -'.json'.length));

const types = nodeTypes.filter((type) => type !== 'onegevity-config');

describe('the editor', function () {
  this.timeout(60_000);
  const suite = useEditor();

  it('shows every node type in the palette, under a short label', async () => {
    const editor = await suite.open();
    const palette = await editor.palette();
    assert.deepEqual(palette.map(({ type }) => type).sort(), [...types].sort());
    // Node-RED puts spaces around a plain hyphen, so a label has the one that does not break.
    for (const { label } of palette) assert.match(label, /^[\p{L}\u2011]{3,11}$/u);
  });

  for (const type of types) {
    it(`opens and saves the dialog of a new ${type} node without changing it`, async () => {
      const editor = await suite.open();
      const id = await editor.addNode(type, 300, 200);
      const before = await editor.node(id);
      await editor.openDialog(id);
      await editor.confirm();
      assert.deepEqual(await editor.node(id), before);
    });
  }

  for (const name of examples) {
    it(`imports and deploys the example "${name}" without a question`, async () => {
      const editor = await suite.open();
      await editor.importExample(name);
      assert.deepEqual(await editor.deploy(), []);
    });
  }

  it('shows an error in the debug sidebar as a sentence, and a Catch node still has its code', async () => {
    const call = { type: 'onegevity-patient', name: '', x: 300, wires: [[]] };
    const catcher = { id: 'catch', type: 'catch', z: 'caught', name: '', scope: null, x: 300, y: 200 };
    const editor = await suite.open([
      tab,
      { id: 'caught', type: 'tab', label: 'Caught' },
      { ...call, id: 'free', z: 'tab', y: 100 },
      { ...call, id: 'held', z: 'caught', y: 100 },
      { ...catcher, wires: [['probe']] },
      { id: 'probe', type: 'test-probe', z: 'caught', label: 'caught', x: 500, y: 200, wires: [[]] },
    ]);
    await editor.page.evaluate(`RED.sidebar.show('debug')`);
    // Node-RED cuts any text after 80 characters, and shows the rest on a click.
    const sentence = 'No Onegevity configuration is selected, or it is disabled.';
    for (const id of ['free', 'held'])
      await suite.nodeRed.evaluate(`void RED.nodes.getNode('${id}').receive({ payload: 1 })`);
    const shown = editor.page.locator('.red-ui-debug-msg-payload');
    await shown.filter({ hasText: sentence }).first().waitFor();
    const folder = process.env.SCREENSHOTS;
    if (folder) await editor.page.screenshot({ path: `${folder}/debug-sidebar.png` });
    const texts = (await shown.allInnerTexts()).filter((text) => text.includes(sentence));
    assert.equal(texts.length, 1, 'what a Catch node takes is not shown');
    assert.ok(texts[0]!.startsWith(`"${sentence}`));
    const [caught] = await suite.nodeRed.waitForMessages('caught');
    assert.equal((caught!.msg as { error: { code: string } }).error.code, 'no_config');
  });

  describe('on a flow that a newer package saved', () => {
    const account = { id: 'c1', type: 'onegevity-config', environment: 'staging', version: 2, later: [1] };
    const nodes = types.map((type, index) => ({
      id: type,
      type,
      z: 'tab',
      config: 'c1',
      name: '',
      version: 2,
      x: 300,
      y: 60 + 50 * index,
      wires: [],
    }));

    it('marks its nodes, and their dialogs say why and leave them as they are', async () => {
      const editor = await suite.open([tab, account, ...nodes]);
      for (const id of [...types, 'c1']) {
        const before = await editor.node(id);
        assert.equal(await editor.page.evaluate(`RED.nodes.node('${id}').valid`), false, id);
        await editor.openDialog(id);
        assert.match((await editor.notes('danger')).join(), /newer version of this package/, id);
        assert.equal(await editor.page.locator('.onegevity-dialog :is(input, select)').count(), 0, id);
        await editor.confirm();
        assert.deepEqual(await editor.node(id), before);
      }
    });
  });
});
