/** The licences of everything that is installed with the package, read from the lock file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './npm';

export interface Dependency {
  name: string;
  version: string;
  licence: string;
  /** Named in our package.json, not brought by another one. */
  direct: boolean;
}

interface LockEntry {
  version?: string;
  license?: string;
  dev?: boolean;
  peer?: boolean;
  devOptional?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export interface Lock {
  packages: Record<string, LockEntry>;
}

const welcome = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Python-2.0',
];

/** Whether it is installed with the package: neither a tool of ours nor an optional peer. */
export function isRuntime({ dev, peer, devOptional }: LockEntry): boolean {
  return !dev && !peer && !devOptional;
}

/** @returns the runtime dependencies with all that they bring, by name */
export function runtimeDependencies(): Dependency[] {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')) as Lock;
  const direct = Object.keys(packages['']?.dependencies ?? {});
  return Object.entries(packages)
    .filter(([path, entry]) => path && isRuntime(entry))
    .map(([path, { version = '', license = 'unknown' }]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version, licence: license, direct: direct.includes(name) };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Dependencies whose licence is unknown or asks for more than a notice. */
export function unwelcomeLicences(): Dependency[] {
  return runtimeDependencies().filter(({ licence }) => !welcome.includes(licence));
}
