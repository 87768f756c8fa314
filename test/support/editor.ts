/** Drives Node-RED's editor in a browser the way a user does, and notes everything the browser complains about. */
import type { Browser, ConsoleMessage, Page } from 'playwright-core';
import { stillness } from './browser';
import type { NodeRed } from './node-red';

export type SavedNode = { id: string; type: string; wires?: string[][] } & Record<string, unknown>;

export interface OpenOptions {
  language?: string;
  /** Pixels. */
  width?: number;
  height?: number;
  /** Below Node-RED's address; where `httpAdminRoot` is set. */
  path?: string;
}

const loadFlows = `fetch('flows', { headers: { accept: 'application/json', 'node-red-api-version': 'v2' } })
  .then((response) => response.json())
  .then(({ rev, flows }) => {
    RED.nodes.clear();
    RED.history.clear();
    RED.nodes.version(rev);
    RED.nodes.import(flows);
    RED.nodes.dirty(false);
    RED.view.redraw(true);
  })`;

export class Editor {
  /** Console errors, uncaught exceptions and failed requests, in words. */
  readonly complaints: string[] = [];

  private constructor(readonly page: Page) {
    // Node-RED asks before it leaves behind what is not deployed.
    page.on('dialog', (dialog) => dialog.accept().catch(() => undefined));
    page.on('console', (message) => this.#note(message));
    page.on('pageerror', (error) => this.complaints.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('response', (response) => {
      if (response.status() >= 400) this.complaints.push(`${response.status()} ${response.url()}`);
    });
  }

  /** Opens the editor in a browser session of its own and waits until its flows are loaded. */
  static async open(browser: Browser, nodeRed: NodeRed, options: OpenOptions = {}): Promise<Editor> {
    const { language = 'en-US', width = 1500, height = 950, path = '/' } = options;
    const context = await browser.newContext({ viewport: { width, height }, locale: language });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await context.addInitScript(stillness);
    const page = await context.newPage();
    const editor = new Editor(page);
    await page.goto(nodeRed.url + path);
    await editor.#loaded();
    return editor;
  }

  /**
   * Deploys flows from elsewhere and shows them, earlier complaints forgotten. The page stays, as where a user
   * changes the project (Node-RED's `project-update`), since loading all of the editor's files takes far longer;
   * it is loaded again where a dialog was left open.
   */
  async follow(deploy: () => Promise<void>): Promise<void> {
    this.complaints.length = 0;
    // Without a version the editor does not ask about what another has deployed.
    const free = await this.page.evaluate<boolean>(`(() => {
      RED.nodes.version(null);
      $('.red-ui-notification').hide().removeClass('red-ui-notification');
      return $('.red-ui-tray, .ui-dialog:visible').length === 0;
    })()`);
    await deploy();
    if (free) await this.page.evaluate(loadFlows);
    else await this.page.reload();
    await this.#loaded();
    // Node-RED's debug sidebar fails at messages of nodes that were deployed and are not shown yet.
    const left = this.complaints.filter((text) => !/RED\.comms\.subscribe|handleDebugMessage/.test(text));
    this.complaints.splice(0, Infinity, ...left);
  }

  async #loaded(): Promise<void> {
    await this.page.waitForFunction(
      `window.RED?.workspaces && document.querySelector('#red-ui-header-button-deploy') &&
       $('#red-ui-loading-progress').is(':hidden') && RED.workspaces.active() !== 0`,
    );
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  /** Node types in the palette's category of this package, with their labels. */
  palette(): Promise<{ type: string; label: string }[]> {
    return this.page.$$eval('#red-ui-palette-Onegevity .red-ui-palette-node', (nodes) =>
      nodes.map((node) => ({
        type: node.getAttribute('data-palette-type') ?? '',
        label: node.querySelector('.red-ui-palette-label')?.textContent ?? '',
      })),
    );
  }

  /** Drags a node type from the palette onto the workspace. @returns the id of the new node */
  async addNode(type: string, x: number, y: number): Promise<string> {
    const before = new Set((await this.nodes()).map(({ id }) => id));
    const item = this.page.locator(`.red-ui-palette-node[data-palette-type="${type}"]`);
    await item.scrollIntoViewIfNeeded();
    await item.dragTo(this.page.locator('#red-ui-workspace-chart'), { targetPosition: { x, y } });
    const added = (await this.nodes()).find(({ id, type: found }) => found === type && !before.has(id));
    if (!added) throw new Error(`${type} was not added`);
    return added.id;
  }

  /** All nodes as Deploy would save them. */
  nodes(): Promise<SavedNode[]> {
    return this.page.evaluate('RED.nodes.createCompleteNodeSet()');
  }

  async node(id: string): Promise<SavedNode> {
    const found = (await this.nodes()).find((node) => node.id === id);
    if (!found) throw new Error(`no node ${id}`);
    return found;
  }

  /** Opens the dialog of a node, or of a config node. */
  async openDialog(id: string): Promise<void> {
    const isConfig = await this.page.evaluate<boolean>(`(() => {
      const node = RED.nodes.node(${JSON.stringify(id)});
      const isConfig = node._def.category === 'config';
      if (isConfig) RED.editor.editConfig('', node.type, node.id);
      else { RED.view.reveal(node.id); RED.editor.edit(node); }
      return isConfig;
    })()`);
    await this.dialogOpen(isConfig ? 'config' : 'node');
  }

  /** Waits until a dialog has slid in. @param again after another one above it: it does not get the focus */
  async dialogOpen(kind: 'node' | 'config' = 'node', { again = false } = {}): Promise<void> {
    const button = kind === 'node' ? '#node-dialog-ok' : '#node-config-dialog-ok';
    await this.page.waitForFunction(
      `(() => {
        const tray = document.querySelector('${button}')?.closest('.red-ui-tray');
        return tray && getComputedStyle(tray).right === '0px' && (${again} || tray.contains(document.activeElement));
      })()`,
    );
  }

  /** Presses Done, or in the dialog of a config node Update. */
  async confirm(): Promise<void> {
    await this.#press('ok');
  }

  async cancel(): Promise<void> {
    await this.#press('cancel');
  }

  async #press(which: 'ok' | 'cancel'): Promise<void> {
    const config = this.page.locator(`#node-config-dialog-${which}`);
    const button = (await config.count()) > 0 ? config : this.page.locator(`#node-dialog-${which}`);
    const handle = await button.elementHandle();
    await button.click();
    await handle?.waitForElementState('hidden');
    if ((await this.page.locator('#node-dialog-ok').count()) > 0)
      await this.dialogOpen('node', { again: true });
  }

  /** What a typed input of the open dialog holds. */
  typed(id: string): Promise<{ type: string; value: string }> {
    return this.page.evaluate(`(() => {
      const input = $('#${id}');
      return { type: input.typedInput('type'), value: input.typedInput('value') };
    })()`);
  }

  /** Chooses the type of a typed input from its menu. */
  async chooseType(id: string, label: string): Promise<void> {
    await this.#control(id).locator('.red-ui-typedInput-type-select').click();
    await this.page.locator('.red-ui-typedInput-options:visible').getByText(label, { exact: true }).click();
  }

  /** Chooses a value of a typed input that offers choices. */
  async chooseOption(id: string, label: string): Promise<void> {
    await this.#control(id).locator('.red-ui-typedInput-option-trigger').click();
    await this.page.locator('.red-ui-typedInput-options:visible').getByText(label, { exact: true }).click();
  }

  /** Types into a typed input. */
  async fill(id: string, text: string): Promise<void> {
    const input = this.#control(id).locator('.red-ui-typedInput-input');
    await input.fill(text);
    await input.press('Tab');
  }

  #control(id: string) {
    return this.page.locator(`#${id} ~ .red-ui-typedInput-container`);
  }

  /** Texts of the notes that the open dialog shows. */
  notes(kind = ''): Promise<string[]> {
    const selector = `.red-ui-tray .onegevity-note${kind ? `.onegevity-${kind}` : ''}`;
    return this.page.$$eval(selector, (found) =>
      found
        .filter((each) => (each as unknown as { offsetParent: unknown }).offsetParent)
        .map((each) => each.textContent ?? ''),
    );
  }

  /** Imports an example of this package from Import > Examples. @param name the file's name without `.json` */
  async importExample(name: string): Promise<void> {
    const before = (await this.nodes()).length;
    await this.page.evaluate(`RED.actions.invoke('core:show-examples-import-dialog')`);
    const dialog = this.page.locator('.red-ui-clipboard-dialog, .ui-dialog').last();
    await dialog.locator('text=@lowcode-health/node-red-onegevity').first().click();
    const button = this.page.locator('#red-ui-clipboard-dialog-ok');
    // The list slides open: a click that comes too early chooses nothing, and a person clicks again.
    for (let tries = 0; tries < 5 && !(await button.isEnabled()); tries++) {
      await dialog.getByText(name, { exact: true }).first().click();
      await this.page
        .waitForFunction(`!document.querySelector('#red-ui-clipboard-dialog-ok').disabled`, undefined, {
          timeout: 3000,
        })
        .catch(() => undefined);
    }
    await button.click();
    await this.page.waitForFunction(`RED.nodes.createCompleteNodeSet().length > ${before}`);
  }

  /** Presses Deploy and waits for its end. @returns texts of all questions, warnings and errors that came up */
  async deploy(): Promise<string[]> {
    await this.page.locator('#red-ui-header-button-deploy').click();
    const end = await this.page.waitForFunction(`(() => {
      const shown = [...document.querySelectorAll('.red-ui-notification')];
      const bad = shown.filter((each) => each.querySelector('button') || /-(warning|error)/.test(each.className));
      if (bad.length > 0) return bad.map((each) => each.textContent);
      return shown.some((each) => each.className.includes('-success')) ? [] : undefined;
    })()`);
    return (await end.jsonValue()) as string[];
  }

  /** Takes a picture of the page, or of one element with all that it scrolls. @param unfold sections that are closed */
  async shoot(file: string, selector?: string, unfold = true): Promise<void> {
    if (!selector) {
      await this.page.screenshot({ path: file });
      return;
    }
    // Everything behind a `details` and below the edge is to be seen too.
    if (unfold)
      await this.page.evaluate(
        `document.querySelectorAll('.red-ui-tray details').forEach((each) => (each.open = true))`,
      );
    const needed = await this.page.evaluate<number>(
      `Math.max(...[...document.querySelectorAll('.red-ui-tray-content')].map((each) => each.scrollHeight)) + 220`,
    );
    const before = this.page.viewportSize() ?? { width: 1500, height: 950 };
    await this.page.setViewportSize({ width: before.width, height: Math.max(600, needed) });
    await this.page.locator(selector).last().screenshot({ path: file, animations: 'disabled' });
    await this.page.setViewportSize(before);
  }

  #note(message: ConsoleMessage): void {
    if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
  }
}
