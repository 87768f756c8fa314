/** The list of everything that is installed with the package (SBOM), as CycloneDX. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRuntime, type Lock } from './licences';
import { npm, packageRoot } from './npm';

/**
 * Made from a copy of the lock file that has lost its development part: `npm sbom --omit dev` leaves out every
 * package that the development tools use too.
 */
export async function sbom(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-sbom-'));
  try {
    const read = (name: string) => readFileSync(join(packageRoot, name), 'utf8');
    const { devDependencies, ...manifest } = JSON.parse(read('package.json')) as Record<string, unknown>;
    const lock = JSON.parse(read('package-lock.json')) as Lock & Record<string, unknown>;
    const packages = Object.entries(lock.packages)
      .filter(([path, entry]) => path === '' || isRuntime(entry))
      .map(([path, { devDependencies: _tools, ...entry }]) => [path, entry] as const);
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(
      join(folder, 'package-lock.json'),
      JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }),
    );
    const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'library', '--package-lock-only'];
    return (await npm(args, { cwd: folder })).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
