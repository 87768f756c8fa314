import assert from 'node:assert/strict';
import { tab, useEditor } from '../support/editor-suite';
import type { FlowNode } from '../support/node-red';

describe('accessibility', function () {
  this.timeout(60_000);
  const suite = useEditor();
  const config: FlowNode = { id: 'c1', type: 'onegevity-config', environment: 'sandbox' };
  const node = (type: string, more: object = {}): FlowNode => ({
    id: type,
    type: `onegevity-${type}`,
    z: 'tab',
    config: 'c1',
    x: 200,
    y: 200,
    wires: [[]],
    ...more,
  });

  it('lets one dialog be filled with the keyboard alone', async () => {
    const editor = await suite.open([tab, config, node('patient', { operation: 'patientDetails' })]);
    const { keyboard } = editor.page;
    await editor.openDialog('patient');
    const focused = () =>
      editor.page.evaluate<string>(`(() => {
      const { id, className, ariaLabel } = document.activeElement;
      return [id, className, ariaLabel].join(' ');
    })()`);
    const tabTo = async (pattern: RegExp) => {
      for (let presses = 0; presses < 30; presses++) {
        if (pattern.test(await focused())) return;
        await keyboard.press('Tab');
      }
      throw new Error(`Tab does not reach ${String(pattern)}`);
    };
    await tabTo(/node-input-operation/);
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowDown');
    await tabTo(/type-select Source of Patient$/);
    await keyboard.press('ArrowDown');
    // The menu is given the focus after it has opened.
    await editor.page.waitForFunction(`document.activeElement.closest('.red-ui-typedInput-options')`);
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    await tabTo(/red-ui-typedInput-input.* Patient$/);
    await keyboard.press('Control+A');
    await keyboard.type('P-1');
    await keyboard.press('Tab');
    await keyboard.press('Control+Enter');
    await editor.page.waitForFunction(`!document.querySelector('.red-ui-tray')`);
    const { fields } = await editor.node('patient');
    assert.deepEqual(fields, { patientIdentifier: { type: 'str', value: 'P-1' } });
  });

  it('gives every control of every dialog a name', async () => {
    const types = [
      'patient',
      'order',
      'kit',
      'survey',
      'recommendation',
      'request',
      'webhook',
      'done',
      'ui-kit',
    ];
    const nodes = types.map((type) => node(type));
    const body = { mode: 'form', type: 'msg', value: 'payload', fields: {} };
    const form = { ...node('order', { body, operation: 'createPatientOrder' }), id: 'form' };
    const editor = await suite.open([tab, config, ...nodes, form]);
    for (const id of [...types, 'form', 'c1']) {
      await editor.openDialog(id);
      await editor.page.evaluate(
        `document.querySelectorAll('.red-ui-tray details').forEach((each) => (each.open = true))`,
      );
      const nameless = await editor.page.evaluate<string[]>(`
        [...document.querySelectorAll('.onegevity-dialog :is(input, select, textarea, button)')]
          .filter((each) => each.offsetParent && each.type !== 'hidden')
          .filter((each) => {
            const named = each.labels?.length > 0 || each.getAttribute('aria-label') || each.textContent.trim();
            return !named && !each.title;
          })
          .map((each) => each.id || each.outerHTML.slice(0, 200))
      `);
      assert.deepEqual(nameless, [], id);
      await editor.cancel();
    }
  });
});
