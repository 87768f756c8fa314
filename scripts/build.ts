/**
 * Builds `dist/` and `resources/`: generated sources, the runtime (CommonJS), the editor bundle, and the files
 * that Node-RED reads from beside a node's .js (its .html, `locales/`, `icons/`).
 */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { generate } from './generate';

const root = join(__dirname, '..');
process.chdir(root);

void generate().then(() => {
  rmSync('dist', { recursive: true, force: true });
  execFileSync(process.execPath, [require.resolve('typescript/bin/tsc')], { stdio: 'inherit' });
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
  for (const file of globSync('src/nodes/*.html')) cpSync(file, join('dist/nodes', basename(file)));
  for (const folder of ['locales', 'icons']) cpSync(folder, join('dist/nodes', folder), { recursive: true });
});
