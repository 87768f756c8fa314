/**
 * `npm run bench`: runs every benchmark, one after the other, and writes what they print into the pages that report it.
 * Meant for a machine that does nothing else; it takes about ten minutes. `--only NAME,NAME` runs some of them.
 * The chaos run is no measurement. It runs only if it is named, and the command fails if a promise was broken.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format } from 'prettier';
import { fill } from '../scripts/docs/markdown';

const root = join(__dirname, '..');
const performancePage = 'docs/explanation/performance.md';

/** What is run, and the page that has a place of that name for it, if there is one. */
const benchmarks: Readonly<Record<string, { command: readonly string[]; page?: string }>> = {
  startup: { command: ['bench/startup/index.ts'], page: performancePage },
  webhook: { command: ['bench/webhook/run.ts'], page: performancePage },
  api: { command: ['bench/api/run.ts'], page: performancePage },
  inbox: { command: ['bench/inbox/run.ts'], page: performancePage },
  sandbox: { command: ['bench/sandbox/index.ts'], page: performancePage },
  redis: { command: ['bench/inbox/run.ts', '--redis', '--only', 'shared'], page: performancePage },
  chaos: { command: ['bench/chaos/run.ts'] },
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
      if (code !== 0) process.exitCode = 1;
      if (output === '') reject(new Error(`${command.join(' ')} ended with ${code}`));
      else resolve(output.trim());
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  const measurements = Object.keys(benchmarks).filter((name) => benchmarks[name]?.page !== undefined);
  const wanted = values.only === '' ? measurements : values.only.split(',');
  for (const name of wanted) {
    const benchmark = benchmarks[name];
    if (!benchmark) throw new Error(`--only takes ${Object.keys(benchmarks).join(', ')}`);
    const { command, page } = benchmark;
    const report = await run(command);
    console.log(`== ${name}\n\n${report}\n`);
    if (page === undefined) continue;
    const filled = fill(readFileSync(join(root, page), 'utf8'), name, report);
    writeFileSync(join(root, page), await format(filled, { parser: 'markdown', printWidth: 110 }));
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
