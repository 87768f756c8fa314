/** Completes the help texts: parts that several nodes share, and the list of errors. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errorTexts } from './catalogs';

export interface HelpParts {
  /** Shared parts by name. */
  parts: Readonly<Record<string, string>>;
  /** Texts of the errors and of the statuses, by code. */
  errors: Readonly<Record<string, string>>;
  statuses: Readonly<Record<string, string>>;
}

/**
 * Replaces `<!-- include: name -->` by the shared part and `<!-- errors -->` by the list of all error codes.
 *
 * @throws Error when a part does not exist
 */
export function completeHelp(help: string, { parts, errors, statuses }: HelpParts): string {
  return help
    .replace(/^ *<!-- include: (\S+) -->\n/gm, (_, name: string) => {
      const part = parts[name];
      if (part === undefined) throw new Error(`There is no shared help "${name}"`);
      return part;
    })
    .replace(/^ *<!-- errors -->\n/gm, () => errorList(errors, statuses));
}

/** Each error under the status text that people see, so that it is found by searching that. */
function errorList(errors: HelpParts['errors'], statuses: HelpParts['statuses']): string {
  const items = Object.entries(errors).map(([code, text]) => {
    const status = statuses[code] ?? code;
    const term = `${escaped(status)} <span class="property-type">${code}</span>`;
    return `    <dt>${term}</dt>\n    <dd>${escaped(text.replace(/__\w+__/g, '…'))}</dd>\n`;
  });
  return `  <dl class="message-properties">\n${items.join('')}  </dl>\n`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

/** @returns the help texts of one language by node type, complete */
export function helpTexts(folder: string): Map<string, string> {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), 'utf8');
  const { errors, status } = errorTexts(folder);
  const parts = Object.fromEntries(
    readdirSync(join(folder, 'shared'))
      .filter((name) => name.endsWith('.html'))
      .map((name) => [basename(name, '.html'), read('shared', name)]),
  );
  const types = readdirSync(folder).filter((name) => name.endsWith('.html'));
  return new Map(
    types.map((name) => [
      basename(name, '.html'),
      completeHelp(read(name), { parts, errors, statuses: status }),
    ]),
  );
}
