import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Import, importsOf } from '../support/imports';

const imports = importsOf();
const text = (found: readonly Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

/** The folders of docs/dev/architecture.md, the longest name first. */
const folders = [
  'lib/api',
  'lib/http',
  'lib/inbox',
  'lib/oauth',
  'lib/onegevity',
  'lib/webhook',
  'lib',
  'nodes',
  'sandbox',
  'generated',
  'editor',
  'cli',
];
const folderOf = (file: string) => folders.find((folder) => file.startsWith(`${folder}/`)) ?? file;

describe('the architecture', () => {
  it('keeps the library free of nodes, sandbox and editor, and of Node-RED', () => {
    const forbidden = /^(nodes|sandbox|editor)\/|^node-red|^@node-red\//;
    assert.deepEqual(
      text(imports.filter(({ from, to }) => from.startsWith('lib/') && forbidden.test(to))),
      [],
    );
  });

  it('lets nodes reach the sandbox through one door only', () => {
    const found = imports.filter(({ from, to }) => from.startsWith('nodes/') && to.startsWith('sandbox/'));
    assert.deepEqual([...new Set(found.map(({ from }) => from))], ['nodes/config/embedded-sandbox.ts']);
    const page = found.filter(({ typeOnly }) => !typeOnly);
    assert.equal(page.length, 1, 'and that loads it when it is first used');
  });

  it('keeps the sandbox free of nodes, editor and Node-RED, since it also runs alone', () => {
    const forbidden = /^(nodes|editor)\/|^node-red|^@node-red\//;
    assert.deepEqual(
      text(imports.filter(({ from, to }) => from.startsWith('sandbox/') && forbidden.test(to))),
      [],
    );
  });

  it('gives the editor, which runs in a browser, nothing that needs Node.js, however far away', () => {
    const reached = new Set(['editor/index.ts']);
    for (const file of reached)
      for (const { from, to, typeOnly } of imports) if (from === file && !typeOnly) reached.add(to);
    assert.deepEqual(
      [...reached].filter((file) => !/^(editor|generated|lib)\//.test(file)),
      [],
    );
  });

  it('sets text as text in editor and page: nothing in the browser makes elements or code of it', () => {
    const source = join(__dirname, '../../src');
    const inBrowser = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(editor|sandbox\/page|nodes)\/.*\.(ts|html)$/.test(file),
    );
    const dangerous =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.html\(|\beval\(|new Function|srcdoc/;
    const found = inBrowser.filter((file) => dangerous.test(readFileSync(join(source, file), 'utf8')));
    assert.ok(inBrowser.length > 10);
    assert.deepEqual(found, []);
  });

  it('has no two folders that import each other', () => {
    const arrows = new Set(
      imports
        // What is generated has the types of who uses it. An index gathers what is below it.
        .filter(({ from }) => !/^generated\/|\/index\.ts$/.test(from))
        .map(({ from, to }) => `${dirname(from)} -> ${dirname(to)}`),
    );
    const mutual = [...arrows].filter((arrow) => {
      const [from, to] = arrow.split(' -> ');
      return from !== to && arrows.has(`${to} -> ${from}`);
    });
    assert.deepEqual(mutual, []);
  });

  it('has at most 15 files side by side, but for the pages and scripts that Node-RED wants in one folder', () => {
    const counts = new Map<string, number>();
    const source = join(__dirname, '../../src');
    for (const file of readdirSync(source, { recursive: true, withFileTypes: true }))
      if (file.isFile()) counts.set(file.parentPath, (counts.get(file.parentPath) ?? 0) + 1);
    counts.delete(join(source, 'nodes'));
    counts.delete(join(source, 'generated'));
    // A file a command.
    counts.delete(join(source, 'lib/inbox/redis/lua'));
    assert.deepEqual(
      [...counts].filter(([, count]) => count > 15),
      [],
    );
  });

  it('has no circle of imports', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, typeOnly } of imports)
      if (!typeOnly) next.set(from, [...(next.get(from) ?? []), to]);
    const done = new Set<string>();
    const walk = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a circle: ${[...path, file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of next.keys()) walk(file, []);
  });

  it('matches the diagram in docs/dev/architecture.md', () => {
    const page = readFileSync(join(__dirname, '../../docs/dev/architecture.md'), 'utf8');
    const [, diagram = ''] = /```mermaid\n([^`]*)```/.exec(page) ?? [];
    const names = new Map([...diagram.matchAll(/^\s*(\w+)\["?([\w/]+)/gm)].map(([, id, name]) => [id, name]));
    const drawn = [...diagram.matchAll(/^\s*(\w+) --> (\w+)/gm)].map(
      ([, from, to]) => `${names.get(from)} -> ${names.get(to)}`,
    );
    const real = imports
      .filter(({ to, typeOnly }) => !typeOnly && to.includes('/') && folders.includes(folderOf(to)))
      .map(({ from, to }) => [folderOf(from), folderOf(to)] as const)
      .filter(([from, to]) => from !== to)
      .map(([from, to]) => `${from} -> ${to}`);
    assert.deepEqual([...new Set(real)].sort(), drawn.sort());
  });
});
