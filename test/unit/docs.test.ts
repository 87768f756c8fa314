import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pages, read } from '../../scripts/docs';

const root = join(__dirname, '../..');

/** Links of a page, as `[text](target)`. */
function links(file: string): { text: string; target: string }[] {
  const found = [...read(file).matchAll(/\[([^\]]+)\]\(([^)]+)\)/g)];
  return found.map(([, text = '', target = '']) => ({ text, target }));
}

describe('The generated pages', () => {
  it('are what `npm run docs` would write', async () => {
    for (const [file, text] of await pages()) assert.equal(read(file), text, `${file}: run \`npm run docs\``);
  });
});

describe('The pages', () => {
  const written = [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name.replaceAll('\\', '/')}`),
  ];

  for (const file of written) {
    it(`have no dead link in ${file}`, () => {
      for (const { target } of links(file)) {
        if (/^(https?|mailto):/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const page = path ? join(dirname(file), path) : file;
        assert.ok(existsSync(join(root, page)), `${target} is not there`);
        if (anchor) assert.ok(anchors(page).has(anchor), `${target} has no such heading`);
      }
    });
  }

  it('name tests in the threat model that exist', () => {
    const shown = links('docs/dev/threat-model.md').filter(({ target }) => target.startsWith('../../test/'));
    assert.ok(shown.length > 10);
    for (const { text, target } of shown) {
      const source = read(join('docs/dev', target));
      assert.ok(source.includes(text), `${target} has no test "${text}"`);
    }
  });
});

/** The headings of a page as a reader's address names them, and the marks that are set by hand. */
function anchors(file: string): Set<string> {
  const text = read(file);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id)]);
}
