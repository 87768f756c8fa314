/**
 * Writes `src/generated/` from `openapi/onegevity-v1.yaml`: the TypeScript types of all models, the operation table,
 * the members of request bodies, the names of fields, the webhook topics, the description as JSON for the sandbox and the checks of
 * request bodies, and the sandbox's page.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync, transformSync } from 'esbuild';
import { load } from 'js-yaml';
import openapiTS, { astToString } from 'openapi-typescript';
import type { OpenAPI3 } from 'openapi-typescript';
import { format } from 'prettier';
import { bodyForms } from './body-forms';
import { fieldNames, identifierNames, operationTable, topicList } from './operation-table';
import type { Description } from './operation-table';

const root = join(__dirname, '..');
const target = join(root, 'src/generated');
const banner = '// Generated from openapi/onegevity-v1.yaml by `npm run generate`. Do not edit.\n';

/** The parsed API description. */
export function readDescription(): Description {
  return load(readFileSync(join(root, 'openapi/onegevity-v1.yaml'), 'utf8')) as Description;
}

/**
 * Writes the generated files; one whose content is unchanged is left alone.
 *
 * @throws Error when the description is not consistent.
 */
export async function generate(): Promise<void> {
  const description = readDescription();
  // A copy, since openapi-typescript adds the discriminators to what it is given.
  const types = await openapiTS(structuredClone(description) as unknown as OpenAPI3);
  mkdirSync(target, { recursive: true });
  replace('api-types.ts', banner + astToString(types));
  replace('operations.ts', await pretty(operationsSource(description)));
  replace('body-forms.ts', await pretty(bodyFormsSource(description)));
  replace('field-names.ts', await pretty(fieldNamesSource(description)));
  replace('identifiers.ts', await pretty(identifiersSource(description)));
  replace('topics.ts', await pretty(topicsSource(description)));
  replace('openapi.json', JSON.stringify(description));
  replace('sandbox-page.json', JSON.stringify(sandboxPage()));
}

/** The files of the sandbox's page as texts, so that they travel with the code, built or not. */
function sandboxPage(): Record<'html' | 'css' | 'js', string> {
  const folder = join(root, 'src/sandbox/page');
  const { outputFiles } = buildSync({
    entryPoints: [join(folder, 'page.ts')],
    write: false,
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
  });
  const [html = '', css = ''] = ['page.html', 'page.css'].map((name) =>
    readFileSync(join(folder, name), 'utf8'),
  );
  const { code } = transformSync(css, { loader: 'css', minify: true });
  return { html, css: code, js: outputFiles[0]?.text ?? '' };
}

function operationsSource(description: Description): string {
  const table = operationTable(description);
  return `import type { Operation } from '../lib/api/operation';
    export type OperationId = ${union(Object.keys(table))};
    export const operations: Readonly<Record<OperationId, Operation>> = ${JSON.stringify(table)};`;
}

function bodyFormsSource(description: Description): string {
  return `import type { BodyMember } from '../lib/api/operation';
    /** By name of the model. */
    export const bodyForms: Readonly<Record<string, readonly BodyMember[]>> = ${JSON.stringify(bodyForms(description))};`;
}

function fieldNamesSource(description: Description): string {
  return `/** Of parameters and request bodies: what an error may name without telling data. */
    export const fieldNames: ReadonlySet<string> = new Set(${JSON.stringify(fieldNames(description))});`;
}

function identifiersSource(description: Description): string {
  return `/** Names of the members that hold an identifier, wherever they stand in a body. */
export const identifierNames: readonly string[] = ${JSON.stringify(identifierNames(description))};
`;
}

function topicsSource(description: Description): string {
  const topics = topicList(description);
  return `import type { Topic } from '../lib/webhook/topic';
    export type TopicName = ${union(topics.map(({ name }) => name))};
    /** In the vendor's order, which is the order of the webhook node's outputs. */
    export const topics: readonly (Topic & { name: TopicName })[] = ${JSON.stringify(topics)};`;
}

function union(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name)).join(' | ');
}

function pretty(source: string): Promise<string> {
  return format(banner + source, { parser: 'typescript', printWidth: 110, singleQuote: true });
}

/** Parallel builds must neither see half a file nor rebuild for nothing: hence the rename, and only on a change. */
function replace(name: string, content: string): void {
  const file = join(target, name);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) return;
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, content);
  renameSync(draft, file);
}

if (require.main === module) {
  generate().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
