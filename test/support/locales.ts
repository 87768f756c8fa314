import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const localesFolder = join(__dirname, '../../locales');

export const languages = readdirSync(localesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A catalogue as texts by dotted key. */
export function catalogue(language: string, type: string): Map<string, string> {
  const file = join(localesFolder, language, `${type}.json`);
  return new Map(flat(JSON.parse(readFileSync(file, 'utf8')) as Tree, ''));
}

interface Tree {
  [key: string]: string | Tree;
}

function flat(tree: Tree, above: string): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[above + key, value] as [string, string]] : flat(value, `${above}${key}.`),
  );
}

/** Tags of a piece of html that are opened and not closed, or the reverse; in words. */
export function unbalanced(html: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, end, name = '', rest] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)((?:[^>"]|"[^"]*")*)>/g)) {
    if (['input', 'br', 'img'].includes(name) || rest?.endsWith('/')) continue;
    if (!end) open.push(name);
    else if (open.pop() !== name) faults.push(`</${name}>`);
  }
  return [...faults, ...open];
}
