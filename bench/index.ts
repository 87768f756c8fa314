/**
 * `npm run bench`: runs every benchmark, one after the other, and writes what they print into the pages that report it.
 * Meant for a machine that does nothing else; it takes about ten minutes. `--only NAME,NAME` runs some of them.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { fill } from '../scripts/docs/markdown';

const root = join(__dirname, '..');
const performancePage = 'docs/explanation/performance.md';

/** What is run, and the page that has a place of that name for it. */
const benchmarks: Readonly<Record<string, { command: readonly string[]; page: string }>> = {
  startup: { command: ['bench/startup/index.ts'], page: performancePage },
  webhook: { command: ['bench/webhook/run.ts'], page: performancePage },
  api: { command: ['bench/api/run.ts'], page: performancePage },
  inbox: { command: ['bench/inbox/run.ts'], page: performancePage },
  sandbox: { command: ['bench/sandbox/index.ts'], page: performancePage },
  redis: { command: ['bench/inbox/run.ts', '--redis', '--only', 'shared'], page: performancePage },
};

function run(command: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...command], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (output === '') reject(new Error(`${command.join(' ')} ended with ${code}`));
      else resolve(output.trim());
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  const wanted = values.only === '' ? Object.keys(benchmarks) : values.only.split(',');
  for (const name of wanted) {
    const benchmark = benchmarks[name];
    if (!benchmark) throw new Error(`--only takes ${Object.keys(benchmarks).join(', ')}`);
    const { command, page } = benchmark;
    const report = await run(command);
    console.log(`== ${name}\n\n${report}\n`);
    const filled = fill(readFileSync(join(root, page), 'utf8'), name, report);
    writeFileSync(join(root, page), await format(filled, { parser: 'markdown', printWidth: 110 }));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
