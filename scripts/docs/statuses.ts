/** The table of status texts in docs/troubleshooting.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCodes } from '../../src/lib/errors';
import { packageRoot } from '../support/npm';
import { table } from './markdown';

const catalogue = 'locales/en-US/onegevity-config.json';

export function statusTable(): string {
  const { status } = JSON.parse(readFileSync(join(packageRoot, catalogue), 'utf8')) as {
    status: Record<string, string>;
  };
  const codes = new Set<string>(errorCodes);
  const rows = Object.entries(status)
    .filter(([key]) => codes.has(key))
    .map(([key, text]) => [text, `[\`${key}\`](reference/errors.md#${key})`]);
  return table(
    ['status', 'code'],
    rows.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
}
