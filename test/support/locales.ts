import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Catalog, readCatalog } from '../../scripts/catalogs';

export const localesFolder = join(__dirname, '../../locales');

export const languages = readdirSync(localesFolder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A catalogue as texts by dotted key. */
export function catalogue(language: string, type: string): Map<string, string> {
  return new Map(flat(readCatalog(join(localesFolder, language), type), ''));
}

function flat(tree: Catalog, above: string): [string, string][] {
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
