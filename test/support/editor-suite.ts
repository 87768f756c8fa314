import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './browser';
import { Editor, type OpenOptions } from './editor';
import { type FlowNode, type NodeRed, type NodeRedOptions, startNodeRed } from './node-red';

export interface EditorSuite {
  readonly nodeRed: NodeRed;
  readonly editor: Editor;
  readonly browser: Browser;
  /** Deploys flows and opens the editor on them, in the page of the tests before. */
  open(flows?: readonly FlowNode[], options?: OpenOptions): Promise<Editor>;
}

export const tab: FlowNode = { id: 'tab', type: 'tab', label: 'Test' };

/** Hooks of a suite that uses the editor: after each test the browser must not have complained about anything. */
export function useEditor(options: NodeRedOptions = {}): EditorSuite {
  let browser: Browser | undefined;
  let nodeRed: NodeRed | undefined;
  let editor: Editor | undefined;
  let openedWith: OpenOptions | undefined;
  const close = async (): Promise<void> => {
    await editor?.close();
    editor = undefined;
  };

  before(async function () {
    this.timeout(90_000);
    // What started is kept where the other does not, or it would never be ended, and neither would mocha.
    const starting = await Promise.allSettled([
      launchBrowser().then((launched) => (browser = launched)),
      startNodeRed({ startTimeout: 60_000, ...options }).then((started) => (nodeRed = started)),
    ]);
    for (const each of starting) if (each.status === 'rejected') throw each.reason;
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  afterEach(async function () {
    if (!editor) return;
    const complaints = editor.complaints.filter((text) => !isOfUnknownNode(text));
    const failed = this.currentTest?.state === 'failed';
    // A picture of what went wrong, where one is asked for.
    const folder = process.env.SCREENSHOTS_OF_FAILURES;
    if (folder && failed) {
      const name = this.currentTest!.title.replace(/\W+/g, '-');
      await editor.page.screenshot({ path: `${folder}/${name}.png` });
    }
    if (failed) await close();
    else assert.deepEqual(complaints, []);
  });

  return {
    get nodeRed() {
      return nodeRed!;
    },
    get editor() {
      return editor!;
    },
    get browser() {
      return browser!;
    },
    open: async (flows = [tab], openOptions) => {
      const deploy = () => nodeRed!.deploy(flows);
      if (editor && isDeepStrictEqual(openOptions, openedWith)) await editor.follow(deploy);
      else {
        await close();
        await deploy();
        editor = await Editor.open(browser!, nodeRed!, openOptions);
        openedWith = openOptions;
      }
      return editor;
    },
  };
}

/**
 * Node-RED's debug sidebar fails on a message of a node that the editor does not have. That happens here alone, where a
 * flow is deployed behind the editor's back: its nodes may warn before the editor has loaded it.
 */
function isOfUnknownNode(complaint: string): boolean {
  return (
    complaint.includes("Cannot read properties of undefined (reading 'name')") &&
    (complaint.includes('handleDebugMessage') || complaint.includes('RED.comms.subscribe'))
  );
}
