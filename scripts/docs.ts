/** `npm run docs`: writes the pages, and the parts of pages, that follow from the sources. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { packageRoot } from './support/npm';
import { errorsPage } from './docs/errors-page';
import { licencesPage } from './docs/licences-page';
import { fill } from './docs/markdown';
import { nodeTable, supportTable } from './docs/readme';
import { operationTables, topicTable } from './docs/reference';
import { statusTable } from './docs/statuses';

/** @returns the pages by path below the package's root, as they should be */
export async function pages(): Promise<Map<string, string>> {
  const troubleshooting = 'docs/troubleshooting.md';
  const contract = 'docs/reference/messages.md';
  const nodes = 'docs/reference/nodes-and-fields.md';
  const filled = fill(fill(read(contract), 'operations', operationTables()), 'topics', topicTable());
  const notice = '<!-- Written by `npm run docs`. Do not edit. -->\n\n';
  const all: Record<string, string> = {
    'docs/reference/errors.md': notice + errorsPage(),
    'docs/dev/licenses.md': notice + licencesPage(),
    [contract]: filled,
    'README.md': fill(fill(read('README.md'), 'nodes', nodeTable()), 'support', supportTable()),
    [nodes]: fill(read(nodes), 'nodes', nodeTable()),
    [troubleshooting]: fill(read(troubleshooting), 'statuses', statusTable()),
  };
  const formatted = Object.entries(all).map(
    async ([file, text]) => [file, await format(text, { parser: 'markdown', printWidth: 110 })] as const,
  );
  return new Map(await Promise.all(formatted));
}

export function read(file: string): string {
  return readFileSync(join(packageRoot, file), 'utf8');
}

if (require.main === module) {
  pages().then(
    (found) => found.forEach((text, file) => writeFileSync(join(packageRoot, file), text)),
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
}
