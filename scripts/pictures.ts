/**
 * `npm run pictures`: the README's pictures, taken from a real editor into `docs/images/`.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Editor } from '../test/support/editor';
import { launchBrowser } from '../test/support/browser';
import { type FlowNode, startNodeRed } from '../test/support/node-red';

const root = join(__dirname, '..');
const target = join(root, 'docs/images');
const example = JSON.parse(
  readFileSync(join(root, 'examples/01 - Order a test kit.json'), 'utf8'),
) as FlowNode[];

function idOf(type: string, operation?: string): string {
  const node = example.find((one) => one.type === type && (!operation || one.operation === operation));
  if (!node) throw new Error(`the example has no ${type} ${operation ?? ''}`);
  return node.id;
}

/** The order begins when the editor is open, so that its debug sidebar shows all of it. */
const flows = example.map((node) => (node.type === 'inject' ? { ...node, once: false } : node));

async function main(): Promise<void> {
  mkdirSync(target, { recursive: true });
  const [browser, nodeRed] = await Promise.all([
    launchBrowser(),
    startNodeRed({ flows, allNodes: true, settings: { onegevitySandboxPace: 2 } }),
  ]);
  try {
    const editor = await Editor.open(browser, nodeRed, { language: 'en-US', width: 1980, height: 1060 });
    await editor.page.evaluate(`RED.actions.invoke('core:show-debug-tab')`);
    // The node by which tests look into flows is not in users' palettes.
    await editor.page.evaluate(
      `document.querySelector('[data-palette-type="test-probe"]').closest('.red-ui-palette-category').remove()`,
    );
    await editor.page.locator(`[id="${idOf('inject')}"] .red-ui-flow-node-button-button`).click();
    await nodeRed.waitForLog(/report fetched/, 30_000);
    await editor.page.getByText(/report fetched/).waitFor();
    // The node's last status comes after its message.
    await editor.page.getByText('requesting').waitFor({ state: 'hidden' });
    await editor.page.evaluate(`document.querySelector('#red-ui-palette-Onegevity')?.scrollIntoView()`);
    await editor.shoot(join(target, 'order-a-test-kit.png'));
    const field = (id: string) => editor.page.locator(`#${id}`);
    // As those see them who go to staging, with nothing of this computer.
    const dialogs: [name: string, id: string, prepare?: () => Promise<unknown>][] = [
      ['order', idOf('onegevity-order', 'createPatientOrder')],
      [
        'webhook',
        idOf('onegevity-webhook'),
        () => field('node-input-publicUrl').fill('https://red.example.com'),
      ],
      [
        'config',
        idOf('onegevity-config'),
        () => field('node-config-input-environmentChoice').selectOption('staging'),
      ],
    ];
    for (const [name, id, prepare] of dialogs) {
      await editor.openDialog(id);
      await prepare?.();
      await editor.shoot(join(target, `${name}.png`), '.red-ui-tray', false);
      await editor.cancel();
    }
  } finally {
    await browser.close();
    await nodeRed.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
