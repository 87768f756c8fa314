/**
 * Builds `dist/` and `resources/`: generated sources, the runtime (CommonJS), the editor bundle, and the files
 * that Node-RED reads from beside a node's .js (its .html, `locales/`, `icons/`).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildSync } from 'esbuild';
import { bin } from '../package.json';
import { writeHtmlPages } from './docs-html';
import { readCatalog } from './catalogs';
import { generate } from './generate';
import { helpTexts } from './help';
import { nodePage, nodeTypes } from './node-pages';
import { slim } from './slim';
import { removeStamp, writeStamp } from './support/build-stamp';

const root = join(__dirname, '..');
process.chdir(root);

async function build(): Promise<void> {
  removeStamp(root);
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
  cpSync('src/lib/inbox/redis/lua', 'dist/lib/inbox/redis/lua', { recursive: true });
  mkdirSync('dist/nodes', { recursive: true });
  for (const type of nodeTypes) writeFileSync(join('dist/nodes', `${type}.html`), nodePage(type));
  cpSync('icons', 'dist/nodes/icons', { recursive: true });
  for (const language of readdirSync('locales', { withFileTypes: true })) {
    if (language.isDirectory()) copyLocale(join('locales', language.name));
  }
  await writeHtmlPages();
  if (maps.length > 0) return;
  slim('dist');
  writeStamp(root);
}

function copyLocale(source: string): void {
  const target = join('dist/nodes', source);
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source)) {
    const type = basename(name, '.json');
    if (type !== name) writeFileSync(join(target, name), JSON.stringify(readCatalog(source, type)));
  }
  for (const [type, help] of helpTexts(source)) writeFileSync(join(target, `${type}.html`), help);
}

build().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
