import assert from 'node:assert/strict';
import { tab, useEditor } from '../support/editor-suite';

describe('the editor in German', function () {
  this.timeout(60_000);
  const suite = useEditor();

  it('shows palette, labels and dialogs in German', async () => {
    const config = { id: 'c1', type: 'onegevity-config', environment: 'production' };
    const node = {
      id: 'n1',
      type: 'onegevity-order',
      z: 'tab',
      config: 'c1',
      operation: 'createPatientOrder',
      x: 200,
      y: 200,
    };
    const editor = await suite.open([tab, config, { ...node, wires: [[]] }], { language: 'de' });
    const palette = (await editor.palette()).map(({ label }) => label);
    assert.ok(palette.includes('Auftrag') && palette.includes('Bericht'), palette.join());
    await editor.openDialog('n1');
    assert.match((await editor.notes('danger')).join(' '), /PRODUKTION.*echter Patienten/);
    const labels = await editor.page.locator('.onegevity-dialog label').allTextContents();
    for (const label of ['Operation', 'Patient', 'Inhalt aus', 'Ergebnis nach']) {
      assert.ok(
        labels.some((text) => text.trim() === label),
        `${label} in ${labels.join()}`,
      );
    }
    await editor.cancel();
  });
});
