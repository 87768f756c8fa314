/** Which file of `src/` imports which, read from the sources. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';

const source = join(__dirname, '../../src');

export interface Import {
  /** File below src/, for example `lib/api/client.ts`. */
  from: string;
  /** File below src/, or the name of a package. */
  to: string;
  /** Nothing of it is left when the program runs. */
  typeOnly: boolean;
}

/** Every import, dynamic import and re-export in `src/`. */
export function importsOf(): Import[] {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((file) =>
    specifiers(file).map(({ specifier, typeOnly }) => ({
      from: file,
      to: target(file, specifier),
      typeOnly,
    })),
  );
}

function specifiers(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(join(source, file), 'utf8');
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier))
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: importsTypesOnly(node.importClause) });
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier))
      found.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly });
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal))
        found.push({ specifier: node.argument.literal.text, typeOnly: true });
    } else if (ts.isCallExpression(node) && isImportOrRequire(node.expression)) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument)) found.push({ specifier: argument.text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function importsTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const named = clause.namedBindings;
  if (clause.name || !named || !ts.isNamedImports(named)) return false;
  return named.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function isImportOrRequire(expression: ts.Expression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

function target(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = join(source, dirname(file), specifier).replace(/\.js$/, '');
  const candidates = [`${path}.ts`, join(path, 'index.ts'), path];
  const found = candidates.find((candidate) => existsSync(candidate)) ?? `${path}.ts`;
  return relative(source, found).replaceAll('\\', '/');
}
