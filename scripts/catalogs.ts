/**
 * The texts of one language. What several nodes show lies in `locales/<language>/shared`, one file a subject; Node-RED
 * knows catalogs of node types only, so all of it becomes part of the configuration node's.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface Catalog {
  [key: string]: string | Catalog;
}

/** @param folder of the language @returns the catalog of a node type, as Node-RED gets it */
export function readCatalog(folder: string, type: string): Catalog {
  const read = (...path: string[]) => JSON.parse(readFileSync(join(folder, ...path), 'utf8')) as Catalog;
  const own = read(`${type}.json`);
  if (type !== 'onegevity-config') return own;
  const shared = readdirSync(join(folder, 'shared'))
    .filter((name) => name.endsWith('.json'))
    .map((name) => [basename(name, '.json'), read('shared', name)] as const);
  return { ...own, ...Object.fromEntries(shared) };
}

/** @returns the texts and statuses of errors, by their code */
export function errorTexts(folder: string): Record<'errors' | 'status', Record<string, string>> {
  return readCatalog(folder, 'onegevity-config') as Record<'errors' | 'status', Record<string, string>>;
}
