/** The editor's tests in a browser, on another Node-RED and Node.js than those of `npm test`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../support/npm';

const mocha = require.resolve('mocha/bin/mocha.js');
const suites = [
  'editor',
  'action-dialogs',
  'config-dialog',
  'webhook-dialog',
  'keyboard',
  'language',
  'help-docs',
];

/**
 * What the tests print is shown.
 * @param node the Node.js that runs the tests and Node-RED
 * @param script Node-RED's `red.js`
 * @returns their count; a run that ends without one, or badly without a failed test, counts as a failure
 */
export async function editorTests(node: string, script: string): Promise<{ passed: number; failed: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-editor-'));
  const report = join(folder, 'count');
  try {
    const files = suites.map((name) => `test/browser/${name}.test.ts`);
    const child = spawn(node, [mocha, '--parallel', '--jobs', '2', ...files], {
      cwd: packageRoot,
      env: { ...process.env, NODE_RED_SCRIPT: script, MOCHA_REPORT: report },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    const [passed = 0, failed = 0] = readFileSync(report, 'utf8').split(' ').map(Number);
    return { passed, failed: failed === 0 && (status !== 0 || passed === 0) ? 1 : failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
