/** docs/reference/errors.md: what each error code means, and what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { errorCodes } from '../../src/lib/api/errors';
import { packageRoot } from '../support/npm';
import { table } from './markdown';
import { reasonsSection } from './reasons';

interface Group {
  title: string;
  text: string;
  codes: Record<string, string>;
}

interface Catalogue {
  errors: Record<string, string>;
  status: Record<string, string>;
}

/** @throws Error where a code has no text, no status or no advice, or where advice is for no code */
export function errorsPage(): string {
  const groups = load(read('docs/dev/source/errors.yaml')) as Group[];
  const catalogue = JSON.parse(read('locales/en-US/onegevity-config.json')) as Catalogue;
  const known = new Set<string>(errorCodes);
  const advised = groups.flatMap(({ codes }) => Object.keys(codes));
  complain(
    'without advice in docs/dev/source/errors.yaml',
    [...known].filter((code) => !advised.includes(code)),
  );
  complain(
    'in docs/dev/source/errors.yaml but no code',
    advised.filter((code) => !known.has(code)),
  );
  complain(
    'without text in the catalogue',
    [...known].filter((code) => !catalogue.errors[code]),
  );
  complain(
    'without status in the catalogue',
    [...known].filter((code) => !catalogue.status[code]),
  );

  const sections = groups.map(({ title, text, codes }) => {
    const rows = Object.entries(codes).map(([code, advice]) => [
      `<a id="${code}"></a>\`${code}\``,
      catalogue.status[code] ?? '',
      placeholders(catalogue.errors[code] ?? ''),
      advice,
    ]);
    return [`## ${title}`, text, table(['code', 'status', 'text', 'what to do'], rows)]
      .filter(Boolean)
      .join('\n\n');
  });
  return [
    '# Errors',
    'Every failure of a node is one `OnegevityError`: a Catch node sees its code as `msg.error.code`, and ' +
      '`msg.onegevity.error` has the details ([messages](messages.md)). Branch on the code; the text ' +
      'is translated and may change. Text and status hold no patient data and no secret.',
    ...sections,
    reasonsSection(),
  ].join('\n\n');
}

function read(file: string): string {
  return readFileSync(join(packageRoot, file), 'utf8');
}

/** `__name__` of the catalogue, as a reader understands it. */
function placeholders(text: string): string {
  return text.replace(/__(\w+)__/g, '‹$1›');
}

function complain(what: string, codes: readonly string[]): void {
  if (codes.length > 0) throw new Error(`error codes ${what}: ${codes.join(', ')}`);
}
