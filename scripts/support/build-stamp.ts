/**
 * Says whether `dist/` and `resources/` are what the sources at hand make. Scripts pack what was built without building
 * it anew, and npm's `--ignore-scripts` leaves `prepack` out: a package of old code looks like any other.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a build reads. */
const sources = [
  ...['src', 'locales', 'icons', 'openapi', 'scripts'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.editor.json'],
];
/** What it writes. */
const results = ['dist', 'resources'];
const file = '.build-stamp.json';

interface Stamp {
  sources: string;
  results: string;
}

/** Notes at the end of a build what it was made of. */
export function writeStamp(root: string): void {
  writeFileSync(join(root, file), JSON.stringify(stampOf(root)));
}

/** For a build that is under way, or that is not to be packed. */
export function removeStamp(root: string): void {
  rmSync(join(root, file), { force: true });
}

/** @returns why what was built must not be packed; undefined: it may */
export function staleness(root: string): string | undefined {
  if (!existsSync(join(root, file))) return 'nothing is built for packing: npm run build';
  const built = JSON.parse(readFileSync(join(root, file), 'utf8')) as Stamp;
  const now = stampOf(root);
  if (built.sources !== now.sources) return 'the sources have changed since the build: npm run build';
  if (built.results !== now.results) return 'dist or resources have changed since the build: npm run build';
  return undefined;
}

function stampOf(root: string): Stamp {
  return { sources: digest(root, sources), results: digest(root, results) };
}

function digest(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of paths.flatMap((each) => filesOf(root, each)).sort()) {
    const content = createHash('sha256')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    hash.update(`${content} ${path}\n`);
  }
  return hash.digest('hex');
}

function filesOf(root: string, path: string): string[] {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!lstatSync(full).isDirectory()) return [path];
  return readdirSync(full).flatMap((name) => filesOf(root, join(path, name)));
}
