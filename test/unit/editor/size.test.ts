import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { nodePage, nodeTypes } from '../../../scripts/node-pages';

const root = join(__dirname, '../../..');

describe('the editor files of all nodes', () => {
  it('stay under 80 kB gzipped, with icons, and texts and help of one language', () => {
    const folder = (path: string, pattern: RegExp) =>
      readdirSync(join(root, path))
        .filter((name) => pattern.test(name))
        .map((name) => readFileSync(join(root, path, name)));
    const { outputFiles } = buildSync({
      entryPoints: [join(root, 'src/editor/index.ts')],
      bundle: true,
      minify: true,
      format: 'iife',
      target: 'es2020',
      charset: 'utf8',
      write: false,
    });
    const files = [
      ...outputFiles.map(({ contents }) => contents),
      ...nodeTypes.map(nodePage),
      ...folder('icons', /\.svg$/),
      ...folder('locales/en-US', /\.(html|json)$/),
    ];
    const size = files.reduce((sum, file) => sum + gzipSync(file).length, 0);
    assert.ok(size < 80_000, `${size} bytes`);
  });
});
