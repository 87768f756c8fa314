/**
 * `npm run release`: says which version the changelog asks for, and what stands in its way.
 * `-- --write` sets the version in package.json, the lock file and the changelog, to be committed and tagged.
 * `-- --publish`, in CI, publishes what was tagged, with provenance, and leaves tarball and SBOM in `release/`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changeOf, nextVersion, pending, released, withRelease } from './release/changelog';
import { npm, pack, packageRoot } from './support/npm';
import { sbom } from './support/sbom';

interface Manifest {
  version: string;
  repository?: unknown;
}

const changelogFile = join(packageRoot, 'CHANGELOG.md');

async function main(mode: string): Promise<void> {
  if (mode === '--publish') return publish();
  const changelog = readFileSync(changelogFile, 'utf8');
  const text = pending(changelog);
  if (!text) throw new Error('Nothing stands under "## Unreleased" in CHANGELOG.md.');
  const change = changeOf(text);
  const version = nextVersion(manifest().version, change, released(changelog).length === 0);
  console.log(`Next version: ${version} (${change})\n\n${text}\n`);
  const obstacles = obstaclesOf(version);
  for (const obstacle of obstacles) console.log(`In the way: ${obstacle}`);
  if (mode !== '--write') return;

  if (git('status', '--porcelain')) throw new Error('The work tree has changes. Commit them first.');
  await npm(['version', version, '--no-git-tag-version', '--allow-same-version'], { cwd: packageRoot });
  writeFileSync(changelogFile, withRelease(changelog, version, new Date().toISOString().slice(0, 10)));
  console.log(`Written. Now: .ci/run, git commit -am "Release ${version}", git tag v${version}`);
}

async function publish(): Promise<void> {
  const { version } = manifest();
  const obstacles = obstaclesOf(version);
  if (!released(readFileSync(changelogFile, 'utf8')).includes(version))
    obstacles.push(`CHANGELOG.md has no section of ${version}`);
  if (!git('tag', '--points-at', 'HEAD').split('\n').includes(`v${version}`))
    obstacles.push(`this commit has no tag v${version}`);
  if (git('status', '--porcelain')) obstacles.push('the work tree has changes, so it is not what is tagged');
  if (!process.env.CI) obstacles.push('provenance can be made in CI only');
  if (obstacles.length > 0) throw new Error(`Not published:\n  ${obstacles.join('\n  ')}`);

  // What lies in dist may be of another commit.
  await npm(['run', '--silent', 'build'], { cwd: packageRoot });
  const folder = join(packageRoot, 'release');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sbom.cdx.json'), await sbom());
  const { filename } = await pack(folder);
  await npm(['publish', join(folder, filename), '--provenance', '--access', 'public'], { cwd: packageRoot });
  console.log(`Published ${version}. To attach to the release: release/${filename}, release/sbom.cdx.json`);
}

function obstaclesOf(version: string): string[] {
  const obstacles: string[] = [];
  if (!manifest().repository) obstacles.push('package.json names no repository, and provenance is about it');
  if (!/^\d+\.\d+\.\d+$/.test(version)) obstacles.push(`${version} is not a version to release`);
  return obstacles;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest;
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: packageRoot, encoding: 'utf8' }).trim();
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
