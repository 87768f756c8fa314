/**
 * Whoever imports a flow reads what a stranger wrote: nothing that it saves may become an element of the editor's page,
 * where it would run with the user's access token.
 */
import assert from 'node:assert/strict';
import { nodeTypes } from '../../scripts/node-pages';
import type { Editor } from '../support/editor';
import { useEditor } from '../support/editor-suite';

const markup = '<img src=x onerror="window.executed++">';

interface TypeDescription {
  type: string;
  defaults: Record<string, unknown>;
  credentials: string[];
}

/** Where a flow can hide markup in one property. JSON can hold each of these. */
const shapes: Readonly<Record<string, unknown>> = {
  text: markup,
  list: [markup, [markup], { [markup]: markup }],
  object: { [markup]: markup, type: markup, value: markup, length: 2 },
  fields: {
    patientIdentifier: { type: markup, value: markup },
    orderIdentifier: { type: 'json', value: `{"a": ${markup}` },
    pageNumber: { type: 'num', value: markup },
    packageIdentifier: { type: 'jsonata', value: `${markup} & '${markup}` },
    path: { type: 'msg', value: markup },
    query: { type: 'jsonata', value: markup },
    mode: 'form',
    type: 'json',
    value: markup,
    fields: { orderIdentifier: { type: 'json', value: markup }, [markup]: { type: markup, value: [markup] } },
  },
  previous: {
    patientIdentifier: { type: 'json', value: markup },
    mode: 'typed',
    type: markup,
    value: { toString: markup },
    fields: markup,
  },
  null: null,
  number: -1.5,
};

const nested = ['fields', 'previous'];

function flowOf(types: readonly TypeDescription[]): object[] {
  return types.flatMap(({ type, defaults, credentials }, column) =>
    Object.entries(shapes).map(([shape, value], row) => ({
      id: `${type}-${shape}`,
      type,
      ...(type === 'onegevity-config'
        ? {}
        : { z: 'tab', x: 200 + 180 * column, y: 60 + 90 * row, wires: [[]] }),
      ...Object.fromEntries(Object.keys(defaults).map((name) => [name, value])),
      // Only a known operation has parameters and a body to show.
      ...(nested.includes(shape) && 'operation' in defaults ? { operation: defaults.operation } : {}),
      // Text alone: Node-RED itself ends at a credential that is null.
      credentials: Object.fromEntries(credentials.map((name) => [name, markup])),
      // Node-RED draws a connector for each: the number alone is its own affair.
      ...('outputs' in defaults ? { outputs: 1 } : {}),
    })),
  );
}

/** The nodes of the API's operations have one dialog, and what is no text and no field shows nothing. */
function isDialogWorthSeeing(id: string): boolean {
  return (
    (!/-(null|number|object)$/.test(id) &&
      !/-(kit|package|patient|recommendation|report|survey)-/.test(id)) ||
    id.startsWith('onegevity-ui-kit')
  );
}

/** Counts what was executed, and every such element that came into the page, however briefly. */
const watch = `(() => {
  window.executed = 0;
  window.elements = [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes)
      for (const node of addedNodes)
        if (node.querySelector && (node.matches('[onerror]') || node.querySelector('[onerror]')))
          window.elements.push(node.outerHTML.slice(0, 300));
  }).observe(document, { childList: true, subtree: true });
})()`;

describe('a flow whose every property is markup', function () {
  this.timeout(90_000);
  const suite = useEditor();
  let types: TypeDescription[];

  const assertInert = async ({ page }: Editor): Promise<void> => {
    assert.deepEqual(await page.evaluate('({ executed, elements })'), { executed: 0, elements: [] });
  };

  const importAll = async (): Promise<Editor> => {
    const editor = await suite.open();
    types = await editor.page.evaluate(`${JSON.stringify(nodeTypes)}.map((type) => ({
      type,
      defaults: Object.fromEntries(
        Object.entries(RED.nodes.getType(type).defaults).map(([name, { value }]) => [name, value]),
      ),
      // Text alone: Node-RED itself ends at a credential that is null.
      credentials: Object.keys(RED.nodes.getType(type).credentials ?? {}),
    }))`);
    await editor.page.evaluate(watch);
    await editor.page.evaluate(`(() => {
      RED.nodes.import(${JSON.stringify(flowOf(types))});
      RED.nodes.dirty(true);
      RED.view.redraw(true);
    })()`);
    return editor;
  };

  const ids = () => types.flatMap(({ type }) => Object.keys(shapes).map((shape) => `${type}-${shape}`));

  it('puts none of it into a message of a validator', async () => {
    const { page } = await importAll();
    const errors = await page.evaluate<[string, unknown][]>(
      `${JSON.stringify(ids())}.map((id) => [id, RED.nodes.node(id).validationErrors])`,
    );
    for (const [id, messages] of errors) assert.doesNotMatch(String(messages), /[<>]/, id);
    assert.ok(errors.some(([, messages]) => Array.isArray(messages) && messages.length > 1));
  });

  it('is text on the workspace, in the sidebars, in their tooltips and in the question before Deploy', async () => {
    const editor = await importAll();
    const { page } = editor;
    await page.evaluate(
      `for (const id of ${JSON.stringify(ids())}) RED.sidebar.info.refresh(RED.nodes.node(id))`,
    );
    await page.evaluate(`RED.sidebar.show('config')`);
    const [mark] = await page.locator('.red-ui-palette-node-annotations').all();
    await mark?.hover({ force: true });
    await page.waitForSelector('.red-ui-popover');
    // The other marks' tooltips open at the same time.
    await page.evaluate(`$('.red-ui-palette-node-annotations').trigger('mouseenter')`);
    for (const type of ['onegevity-order', 'onegevity-request', 'onegevity-webhook', 'onegevity-ui-kit']) {
      await page.evaluate(`document.querySelector('#${type}-text .red-ui-flow-node-error path')
        .dispatchEvent(new MouseEvent('mouseenter'))`);
      await page.waitForSelector('.red-ui-flow-port-tooltip', { state: 'attached' });
      await page.evaluate(`document.querySelector('#${type}-text .red-ui-flow-node-error path')
        .dispatchEvent(new MouseEvent('mouseleave'))`);
    }
    for (const event of ['mouseover', 'mouseout'])
      await page.evaluate(`for (const port of document.querySelectorAll('.red-ui-flow-port'))
        port.dispatchEvent(new MouseEvent('${event}'))`);
    await assertInert(editor);
    await page.evaluate(`$('.red-ui-popover').remove()`);
    assert.ok((await editor.deploy()).length > 0);
    await assertInert(editor);
    await page.getByText('Confirm deploy').click();
    await page.waitForSelector('.red-ui-notification-success');
    await assertInert(editor);
  });

  it('is text in each dialog and in the tooltips of what is marked as wrong there', async () => {
    const editor = await importAll();
    const { page } = editor;
    for (const id of ids().filter(isDialogWorthSeeing)) {
      await page.evaluate(`(() => {
        const node = RED.nodes.node('${id}');
        if (node._def.category === 'config') RED.editor.editConfig('', node.type, node.id);
        else RED.editor.edit(node);
      })()`);
      await page.waitForSelector('.red-ui-tray .onegevity-dialog', { state: 'attached' });
      // Every tooltip is one that a mouse could open.
      await page.evaluate(
        `$('.red-ui-tray :input, .red-ui-tray .red-ui-typedInput-container *').trigger('mouseenter')`,
      );
      await page.evaluate(`$('#node-dialog-cancel, #node-config-dialog-cancel').trigger('click')`);
      await page.waitForFunction(`document.querySelectorAll('.red-ui-tray').length === 0`);
    }
    await assertInert(editor);
    // Chromium's words about a number field that is given no number.
    editor.complaints.splice(
      0,
      Infinity,
      ...editor.complaints.filter((text) => !text.includes('cannot be parsed')),
    );
  });

  it('is text in the dialogs too where it comes from the API or the inbox', async () => {
    const editor = await suite.open([
      { id: 'tab', type: 'tab', label: 'Test' },
      { id: 'c1', type: 'onegevity-config', environment: 'staging' },
      {
        id: 'hook',
        type: 'onegevity-webhook',
        z: 'tab',
        config: 'c1',
        inbox: 'disk',
        x: 200,
        y: 60,
        wires: [[]],
      },
      {
        id: 'package',
        type: 'onegevity-package',
        operation: 'packageDetails',
        fields: { packageIdentifier: { type: 'str', value: '' } },
        z: 'tab',
        config: 'c1',
        x: 200,
        y: 900,
        wires: [[]],
      },
    ]);
    const { page } = editor;
    await page.evaluate(watch);
    const fault = { code: markup, values: { [markup]: markup } };
    const answers: Readonly<Record<string, object>> = {
      'account/': { items: [{ value: markup, label: markup }] },
      'inboxes/': { owners: [{ node: markup, place: [markup, markup] }] },
      'inbox/': {
        stats: { waiting: markup, inFlight: markup, dead: markup, unreadable: markup, oldest: 0 },
        deadLetters: [
          { id: '1', topic: markup, receivedAt: 0, attempts: markup, cause: markup, reason: markup },
        ],
        more: true,
      },
      'test-connection': {
        ...{ environment: markup, root: markup, scopes: [markup], notGranted: [markup] },
        ...{ expiresIn: 1, clockSkew: 999, readFault: fault },
      },
      variables: { variables: { [markup]: markup } },
    };
    await page.route('**/onegevity/**', (route) => {
      const [, body = {}] =
        Object.entries(answers).find(([path]) => route.request().url().includes(path)) ?? [];
      return route.fulfill({ json: { ok: true, ...body } });
    });

    await editor.openDialog('hook');
    await page.evaluate(
      `document.querySelectorAll('.red-ui-tray details').forEach((each) => (each.open = true))`,
    );
    await page.waitForSelector('.onegevity-letters li');
    assert.match(await page.locator('.onegevity-letters').innerText(), /<img src=x/);
    await editor.cancel();

    await editor.openDialog('package');
    await page.locator('.red-ui-typedInput-option-expand:visible').first().click();
    await page.waitForSelector('.red-ui-autoComplete-container');
    assert.equal(await page.locator('.red-ui-autoComplete-container').innerText(), markup);
    await page.keyboard.press('Escape');
    await editor.cancel();

    await editor.openDialog('c1');
    await page.locator('#node-config-input-clientId').fill('${NAME}');
    await page.locator('#onegevity-test-button').click();
    await page.waitForSelector('#onegevity-test-result .onegevity-success');
    assert.match(await page.locator('#onegevity-test-result').innerText(), /<img src=x/);
    await editor.cancel();

    await assertInert(editor);
    await page.unroute('**/onegevity/**');
  });
});
