/**
 * Builds `dist/` and `resources/`: generated sources, the runtime (CommonJS), the editor bundle, and the files
 * that Node-RED reads from beside a node's .js (its .html, `locales/`, `icons/`).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { bin } from '../package.json';
import { generate } from './generate';

const root = join(__dirname, '..');
process.chdir(root);

async function build(): Promise<void> {
  await generate();
  rmSync('dist', { recursive: true, force: true });
  // For `npm run coverage`, so that what runs in a process of its own is counted too.
  const maps = process.argv.includes('--source-maps') ? ['--sourceMap'] : [];
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc'), ...maps], { stdio: 'inherit' });
  // npm marks commands as executable when it installs; what tsc writes anew is not.
  for (const command of Object.values(bin)) chmodSync(command, 0o755);
  buildSync({
    entryPoints: { editor: 'src/editor/index.ts' },
    outdir: 'resources',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2020',
    charset: 'utf8',
  });
  mkdirSync('dist/nodes', { recursive: true });
  for (const file of readdirSync('src/nodes').filter((name) => name.endsWith('.html'))) {
    cpSync(join('src/nodes', file), join('dist/nodes', file));
  }
  for (const folder of ['locales', 'icons']) cpSync(folder, join('dist/nodes', folder), { recursive: true });
}

build().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
