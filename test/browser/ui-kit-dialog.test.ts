import assert from 'node:assert/strict';
import { tab, useEditor } from '../support/editor-suite';

describe('the dialog of the UI-Kit node', function () {
  this.timeout(60_000);
  const suite = useEditor();

  it('limits the scopes unless any scope is allowed, by one saved property', async () => {
    const kit = { id: 'n1', type: 'onegevity-ui-kit', z: 'tab', x: 200, y: 100, wires: [[], []] };
    const editor = await suite.open([
      tab,
      { id: 'c1', type: 'onegevity-config' },
      { ...kit, config: 'c1', scopes: 'patients_read' },
    ]);
    const { page } = editor;
    const any = page.getByLabel('Allow any scope');
    const list = page.locator('#node-input-scopes');

    await editor.openDialog('n1');
    assert.deepEqual([await any.isChecked(), await list.isVisible()], [false, true]);
    await any.check();
    assert.equal(await list.isVisible(), false);
    assert.match((await editor.notes('warning')).join(' '), /hands out every token/);
    await editor.confirm();
    assert.equal((await editor.node('n1')).scopes, 'any');

    await editor.openDialog('n1');
    assert.equal(await any.isChecked(), true);
    await any.uncheck();
    assert.equal(await list.inputValue(), 'default');
    await editor.confirm();
    assert.equal((await editor.node('n1')).scopes, 'default');
  });
});
