/** What the published package may hold, and what it must. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../support/checks';
import { type Packed, packageRoot } from '../support/npm';

export interface Manifest {
  name: string;
  version: string;
  dependencies?: Record<string, string>;
  exports: Record<string, string | { types: string; default: string }>;
  'node-red': { nodes: Record<string, string> };
}

export const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest;

/** Bytes, unpacked. */
const sizeLimit = 2_000_000;

const allowed: readonly RegExp[] = [
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
  /^dist\/(cli|generated|lib|sandbox|nodes)\/[\w./-]+\.(js|d\.ts)$/,
  /^dist\/generated\/(openapi|sandbox-page)\.json$/,
  /^dist\/lib\/inbox\/redis\/lua\/[\w-]+\.lua$/,
  /^dist\/nodes\/[\w-]+\.html$/,
  /^dist\/nodes\/locales\/[a-z]{2}(-[A-Z]{2})?\/[\w-]+\.(json|html)$/,
  /^dist\/nodes\/icons\/[\w-]+\.svg$/,
  /^examples\/\d\d - [^/]+\.json$/,
  /^openapi\/onegevity-v1\.yaml$/,
  /^resources\/[\w./-]+\.(js|css|svg|png|html)$/,
];

export function onlyWhatUsersNeed({ files }: Packed): void {
  const surplus = files.filter(({ path }) => !allowed.some((pattern) => pattern.test(path)));
  must(surplus.length === 0, `not on the list: ${surplus.map(({ path }) => path).join(', ')}`);
}

export function allThatUsersNeed({ files }: Packed): void {
  const present = new Set(files.map(({ path }) => path));
  const nodes = Object.values(manifest['node-red'].nodes).flatMap((file) => {
    const type = /([\w-]+)\.js$/.exec(file)?.[1] ?? '';
    const locale = `dist/nodes/locales/en-US/${type}`;
    return [file, `dist/nodes/${type}.html`, `${locale}.json`, `${locale}.html`];
  });
  const exported = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default],
  );
  const wanted = [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'openapi/onegevity-v1.yaml',
    'resources/editor.js',
    'resources/docs/index.html',
    'resources/docs/style.css',
    'examples/01 - Order a test kit.json',
    'examples/02 - Receive webhooks.json',
    ...nodes,
    ...exported.map((file) => file.replace(/^\.\//, '')),
  ];
  const missing = wanted.filter((file) => !present.has(file));
  must(missing.length === 0, `missing: ${missing.join(', ')}`);
}

export function smallEnough({ unpackedSize }: Packed): void {
  must(unpackedSize < sizeLimit, `${unpackedSize} bytes unpacked; the limit is ${sizeLimit}`);
}

export function fewDependencies(): void {
  const count = Object.keys(manifest.dependencies ?? {}).length;
  must(count <= 6, `${count} runtime dependencies; the limit is 6`);
}
