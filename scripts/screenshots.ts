/**
 * `npm run screenshots`: pictures of the palette, of every dialog of every node and operation, and of the examples,
 * in a temporary folder whose name is printed. `EDITOR_LANGUAGE=de` takes them in German.
 */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from '../test/support/browser';
import { Editor } from '../test/support/editor';
import { type FlowNode, startNodeRed } from '../test/support/node-red';
import { typeOf } from '../src/editor/lib/operations';
import { operations } from '../src/generated/operations';
import type { Operation } from '../src/lib/api/operation';

const target = process.argv[2] ?? mkdtempSync(join(tmpdir(), 'onegevity-screenshots-'));
const language = process.env.EDITOR_LANGUAGE ?? 'en-US';
const examples = readdirSync(join(__dirname, '../examples')).filter((name) => name.endsWith('.json'));

function flow(): FlowNode[] {
  const common = { z: 'tab', config: 'c-sandbox', wires: [[]] };
  const actions = Object.values<Operation>(operations).map(({ id, tag }, index) => ({
    ...common,
    id: `op-${id}`,
    type: typeOf(tag),
    operation: id,
    x: 160 + 240 * Math.floor(index / 14),
    y: 60 + 60 * (index % 14),
  }));
  return [
    { id: 'tab', type: 'tab', label: 'All' },
    { id: 'c-sandbox', type: 'onegevity-config', environment: 'sandbox' },
    { id: 'c-staging', type: 'onegevity-config', environment: 'staging', name: 'Clinic' },
    { id: 'c-production', type: 'onegevity-config', environment: 'production', name: '', scopes: 'minimal' },
    {
      id: 'c-custom',
      type: 'onegevity-config',
      environment: 'custom',
      baseUrl: 'https://api.example.com',
      scopes: 'fulfillment',
    },
    { id: 'c-variable', type: 'onegevity-config', environment: '${ONEGEVITY_ENVIRONMENT}', scopes: 'none' },
    ...actions,
    { ...common, id: 'webhook', type: 'onegevity-webhook', path: '/onegevity/webhook', x: 720, y: 200 },
    { ...common, id: 'ui-kit', type: 'onegevity-ui-kit', path: '/onegevity/ui-kit', x: 720, y: 280 },
    { ...common, id: 'done', type: 'onegevity-done', outcome: 'retry', x: 720, y: 360 },
    { ...common, id: 'none', type: 'onegevity-report', config: '', x: 720, y: 440 },
    { ...common, id: 'request', type: 'onegevity-request', method: 'POST', x: 720, y: 600 },
    {
      ...common,
      id: 'live',
      type: 'onegevity-order',
      operation: 'createPatientOrder',
      config: 'c-production',
      x: 720,
      y: 700,
      body: { mode: 'form', type: 'msg', value: 'payload', fields: {} },
    },
  ];
}

async function main(): Promise<void> {
  const [browser, nodeRed] = await Promise.all([
    launchBrowser(),
    startNodeRed({ flows: flow(), allNodes: true }),
  ]);
  const only = process.argv[3];
  try {
    const editor = await Editor.open(browser, nodeRed, { language, width: 1700, height: 1100 });
    await editor.page.waitForLoadState('networkidle');
    await editor.shoot(join(target, '00-workspace.png'));
    await editor.page.evaluate(
      `RED.actions.invoke('core:toggle-sidebar'); document.querySelector('#red-ui-palette-Onegevity')?.scrollIntoView()`,
    );
    await editor.shoot(join(target, '01-palette.png'));
    for (const { id, type } of flow()) {
      if (!type.startsWith('onegevity-') || (only && !id.includes(only))) continue;
      await editor.openDialog(id);
      await editor.shoot(join(target, `${type.slice('onegevity-'.length)}-${id}.png`), '.red-ui-tray');
      await editor.cancel();
    }
    for (const name of only ? [] : examples) {
      await editor.importExample(name.slice(0, -'.json'.length));
      await editor.page.evaluate(`(() => {
        RED.workspaces.show(RED.nodes.getWorkspaceOrder().at(-1));
        for (const each of document.querySelectorAll('.red-ui-notification')) each.remove();
      })()`);
      await editor.shoot(join(target, `example-${name.slice(0, 2)}.png`));
    }
    console.log(target);
    if (editor.complaints.length > 0) console.log(editor.complaints.join('\n'));
  } finally {
    await browser.close();
    await nodeRed.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
