/**
 * Takes out of `dist/` what no installed copy needs: white space of programs and pages, comments of the programs (names stay, so that a
 * stack trace can be read), declarations that no export leads to, comments of the models' declarations, and the texts
 * of the API description, which the program only validates by. The sources have all of it.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { transformSync } from 'esbuild';
import ts from 'typescript';
import { exports } from '../package.json';

/** Members of an OpenAPI description that say something to people only. */
const texts = ['description', 'summary', 'example', 'x-source', 'x-confidence'];

/** @param folder what `tsc` and the build have written */
export function slim(folder: string): void {
  const declarations = reachable(
    Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [] : [entry.types])),
  );
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, name);
    if (file.endsWith('.d.ts') && !declarations.has(file)) rmSync(file);
    else if (file.endsWith('api-types.d.ts')) rewrite(file, withoutComments);
    else if (file.endsWith('openapi.json')) rewrite(file, withoutTexts);
    else if (file.endsWith('.json')) rewrite(file, (text) => JSON.stringify(JSON.parse(text)));
    else if (file.endsWith('.js')) rewrite(file, compact);
    else if (file.endsWith('.lua')) rewrite(file, (text) => text.replace(/^--.*\n/gm, ''));
    else if (file.endsWith('.html')) rewrite(file, compactHtml);
  }
}

function rewrite(file: string, change: (text: string) => string): void {
  const { mode } = statSync(file);
  writeFileSync(file, change(readFileSync(file, 'utf8')), { mode });
}

/** Takes out white space between tags; examples in <pre> keep their shape. */
export function compactHtml(html: string): string {
  return html.replace(/\n\s*(?=<(?!\/?(?:pre|code|a|strong|em)\b))/g, '');
}

function compact(program: string): string {
  // Not the syntax: Node.js would no longer find the names of what a program exports.
  return transformSync(program, { minifyWhitespace: true, charset: 'utf8', legalComments: 'none' }).code;
}

/** @returns the declarations that are read when these are, themselves included */
function reachable(files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files.map((file) => join(file)));
  for (const file of found) {
    for (const { fileName } of ts.preProcessFile(readFileSync(file, 'utf8')).importedFiles) {
      const path = join(dirname(file), fileName.replace(/\.js$/, ''));
      const target = [`${path}.d.ts`, join(path, 'index.d.ts')].find((candidate) => existsSync(candidate));
      if (fileName.startsWith('.') && target) found.add(target);
    }
  }
  return found;
}

function withoutComments(source: string): string {
  const tree = ts.createSourceFile('api-types.d.ts', source, ts.ScriptTarget.ES2022);
  const printed = ts.createPrinter({ removeComments: true }).printFile(tree);
  return printed.replace(/^( {4})+/gm, (indent) => '\t'.repeat(indent.length / 4));
}

function withoutTexts(description: string): string {
  return JSON.stringify(JSON.parse(description), (name, value: unknown) =>
    // A property of a model may be named so: then its value is a schema, not a text.
    texts.includes(name) && (typeof value !== 'object' || name === 'example') ? undefined : value,
  );
}
