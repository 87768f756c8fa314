/** The parts of docs/reference/messages.md that follow from the API description. */
import { operations } from '../../src/generated/operations';
import { topics } from '../../src/generated/topics';
import type { Operation, OperationParameter } from '../../src/lib/api/operation';
import { table } from './markdown';

export function operationTables(): string {
  const all = Object.values<Operation>(operations);
  const tags = [...new Set(all.map(({ tag }) => tag))];
  return tags
    .map((tag) => {
      const rows = all
        .filter((operation) => operation.tag === tag)
        .map((operation) => [
          `\`${operation.id}\``,
          operation.composedOf
            ? operation.composedOf.map((id) => `\`${id}\``).join(', ')
            : `${operation.method} \`${operation.path}\``,
          operation.parameters.map(parameter).join('<br>'),
          bodyOf(operation),
          checkedIn(operation),
        ]);
      // Packages are `onegevity-package`, and so on.
      const heading = `### onegevity-${tag.replace(/s$/, '')}`;
      return `${heading}\n\n${table(['operation', 'sends', 'parameters', 'body', 'checked in the response'], rows)}`;
    })
    .join('\n\n');
}

function parameter({ name, required, source, schema }: OperationParameter): string {
  const place = source === undefined ? '' : ` from \`msg.${source}\``;
  const values = schema.enum ?? schema.items?.enum;
  const choice = values ? ` (${values.join(', ')})` : '';
  return `\`${name}\`${required ? '' : ' (optional)'}${place}${choice}`;
}

function bodyOf({ body }: Operation): string {
  if (!body) return '';
  return `\`${body.schema}\`${body.strict ? ', checked' : ', open'}${body.required ? '' : ', optional'}`;
}

/** What a success must show: see `isExpected` of src/lib/api/expected-response.ts. */
function checkedIn({ response, list, composedOf }: Operation): string {
  if (composedOf) return '';
  if (list) return `the list \`${list.items}\`${list.presumed ? ' (presumed name)' : ''}`;
  if (response?.type !== 'object') return 'JSON';
  const names = Object.keys(response.echo).map((name) => `\`${name}\``);
  if (names.length === 0) return 'JSON object';
  return response.known ? names.join(', ') : `JSON object; ${names.join(', ')} if present`;
}

export function topicTable(): string {
  const shapes = new Map<string, number>();
  const shapeOf = (members: readonly string[]) => [...members].sort().join();
  for (const { members } of topics) shapes.set(shapeOf(members), (shapes.get(shapeOf(members)) ?? 0) + 1);
  const rows = topics.map(({ name, members }) => [
    `\`${name}\``,
    ['id', ...members].map((member) => `\`${member}\``).join(', '),
    shapes.get(shapeOf(members)) === 1 ? 'yes' : 'no',
  ]);
  return table(['topic', 'fields of the payload', 'certain by its shape'], rows);
}
