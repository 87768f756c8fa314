/** The table of status texts in docs/troubleshooting.md. */
import { join } from 'node:path';
import { errorCodes } from '../../src/lib/errors';
import { errorTexts } from '../catalogs';
import { packageRoot } from '../support/npm';
import { table } from './markdown';

export function statusTable(): string {
  const { status } = errorTexts(join(packageRoot, 'locales/en-US'));
  const codes = new Set<string>(errorCodes);
  const rows = Object.entries(status)
    .filter(([key]) => codes.has(key))
    .map(([key, text]) => [text, `[\`${key}\`](reference/errors.md#${key})`]);
  return table(
    ['status', 'code'],
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}
