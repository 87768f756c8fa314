/** Completes the help texts by the parts that several nodes share. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Replaces `<!-- include: name -->` by the shared part.
 * @param parts by name
 * @throws Error when a part does not exist
 */
export function completeHelp(help: string, parts: Readonly<Record<string, string>>): string {
  return help.replace(/^ *<!-- include: (\S+) -->\n/gm, (_, name: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`There is no shared help "${name}"`);
    return part;
  });
}

/** @returns the help texts of one language by node type, complete */
export function helpTexts(folder: string): Map<string, string> {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  const parts = Object.fromEntries(
    readdirSync(join(folder, 'shared'))
      .filter((name) => name.endsWith('.html'))
      .map((name) => [basename(name, '.html'), read('shared', name)]),
  );
  const types = readdirSync(folder).filter((name) => name.endsWith('.html'));
  return new Map(types.map((name) => [basename(name, '.html'), completeHelp(read(name), parts)]));
}
