import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeStamp, staleness, writeStamp } from '../../../scripts/support/build-stamp';

describe('What was built', () => {
  let root: string;
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'onegevity-stamp-'));
    for (const folder of ['src/lib', 'locales/de', 'dist/nodes', 'resources'])
      mkdirSync(join(root, folder), { recursive: true });
    write('src/lib/a.ts', 'a');
    write('locales/de/a.json', '{}');
    write('dist/nodes/a.js', 'a');
    write('resources/editor.js', 'e');
    write('package.json', '{}');
    writeStamp(root);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('may be packed while nothing has changed', () => {
    assert.equal(staleness(root), undefined);
    write('README.md', 'not of the build');
    write('src/lib/a.ts', 'a');
    assert.equal(staleness(root), undefined);
  });

  for (const [what, change, reason] of [
    ['a source has changed', () => write('src/lib/a.ts', 'b'), /sources have changed/],
    ['a text has changed', () => write('locales/de/a.json', '{ }'), /sources have changed/],
    ['a source was added', () => write('src/lib/b.ts', ''), /sources have changed/],
    ['a source was removed', () => rmSync(join(root, 'src/lib/a.ts')), /sources have changed/],
    ['the version has changed', () => write('package.json', '{"version":"2"}'), /sources have changed/],
    ['what was built has changed', () => write('dist/nodes/a.js', 'b'), /dist or resources/],
    ['a file of an older build is there', () => write('dist/nodes/old.js', ''), /dist or resources/],
    [
      'what was built is gone',
      () => rmSync(join(root, 'resources'), { recursive: true }),
      /dist or resources/,
    ],
    ['a build ended halfway', () => removeStamp(root), /nothing is built/],
  ] as const)
    it(`must not be packed where ${what}`, () => {
      change();
      assert.match(staleness(root) ?? '', reason);
    });
});
