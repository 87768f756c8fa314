/** docs/reference/errors.md: what each error code means, and what to do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { type ErrorCode, errorCodes, isRetryable } from '../../src/lib/errors';
import { errorTexts } from '../catalogs';
import { packageRoot } from '../support/npm';
import { table } from './markdown';
import { reasonsSection } from './reasons';

/** What a flow does with a message that failed so. */
type Handling = 'retry' | 'fix' | 'dead-letter';

interface Group {
  title: string;
  text: string;
  handle: Handling;
  except?: Record<string, Handling>;
  codes: Record<string, string>;
}

/**
 * @throws Error where a code has no text, no status or no advice, where advice is for no code, or where it contradicts
 *   what the library says of the code
 */
export function errorsPage(): string {
  const groups = load(read('docs/dev/source/errors.yaml')) as Group[];
  const catalogue = errorTexts(join(packageRoot, 'locales/en-US'));
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
  const handling = new Map(
    groups.flatMap(({ handle, except = {}, codes }) =>
      Object.keys({ ...codes, ...except }).map((code) => [code, except[code] ?? handle] as const),
    ),
  );
  complain(
    'handled otherwise in docs/dev/source/errors.yaml than by isRetryable of src/lib/errors.ts',
    [...handling].flatMap(([code, handle]) =>
      (handle !== 'dead-letter') === isRetryable(code as ErrorCode) ? [] : [code],
    ),
  );
  complain(
    'in an `except` of docs/dev/source/errors.yaml but no code',
    [...handling.keys()].filter((code) => !known.has(code)),
  );

  const sections = groups.map(({ title, text, codes }) => {
    const rows = Object.entries(codes).map(([code, advice]) => [
      `<a id="${code}"></a>\`${code}\``,
      catalogue.status[code] ?? '',
      placeholders(catalogue.errors[code] ?? ''),
      handling.get(code) ?? '',
      advice,
    ]);
    return [`## ${title}`, text, table(['code', 'status', 'text', 'message', 'what to do'], rows)]
      .filter(Boolean)
      .join('\n\n');
  });
  return [
    '# Errors',
    'A catch node receives the code of a failure in `msg.error.code`, and details in `msg.onegevity.error` ' +
      '([messages](messages.md#what-fails)). Branch on the code: the text is translated and may change. Text and status ' +
      'contain no patient data and no secret.',
    [
      '**Retry or dead-letter?** The column "message" says what your flow does with the message:',
      '',
      '- `retry`: the same message can succeed later. Wait `retryAfter` seconds if the error has it, and limit the ' +
        'number of attempts. A durable inbox does both.',
      '- `fix`: the same message can succeed after someone has fixed the configuration. Send it again later, as with ' +
        '`retry`. Other messages fail in the same way until then.',
      '- `dead-letter`: the same message fails again. Keep it for a person to look at.',
      '',
      '`msg.onegevity.error.retryable` is `true` for `retry` and `fix`, and `false` for `dead-letter`. If `outcome` is ' +
        '`unknown`, it is always `false`: the write may have succeeded. Read the data, and send the write again only ' +
        'if it is missing.',
    ].join('\n'),
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
