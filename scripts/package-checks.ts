/** `npm run package-checks`: is what would be published complete, small, well formed and well licensed? */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks, must, skip } from './support/checks';
import { pack, registryAnswers } from './support/npm';
import { sbom } from './support/sbom';
import { consumerCompilesAndRuns } from './package-checks/consumer';
import { allThatUsersNeed, fewDependencies, onlyWhatUsersNeed, smallEnough } from './package-checks/contents';
import { exceptionsExplained, scorecardClean } from './package-checks/scorecard';
import { runtimeDependencies, unwelcomeLicences } from './support/licences';

async function main(): Promise<void> {
  const checks = new Checks();
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-package-'));
  try {
    const packed = await pack(folder);
    const unpacked = join(folder, 'package');
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', join(folder, packed.filename), '-C', folder]);

    await checks.check('the package holds only what users need', () => onlyWhatUsersNeed(packed));
    await checks.check('the package holds all that users need', () => allThatUsersNeed(packed));
    await checks.check('the package is under 2 MB unpacked', () => smallEnough(packed));
    await checks.check('at most 6 runtime dependencies', fewDependencies);
    await checks.check('every dependency has a permissive licence', () => {
      const unwelcome = unwelcomeLicences();
      must(unwelcome.length === 0, unwelcome.map(({ name, licence }) => `${name}: ${licence}`).join('\n'));
    });
    await checks.check('the SBOM lists every dependency', sbomComplete);
    await checks.check('publint finds nothing', () => publintClean(unpacked));
    await checks.check('a project of its own compiles with the types and runs', () =>
      consumerCompilesAndRuns(unpacked, folder),
    );
    await checks.check('node-red-dev finds nothing but what is accepted', async () => {
      if (!(await registryAnswers())) skip('npm registry not reached');
      await scorecardClean(unpacked, folder);
    });
    await checks.check('what is accepted of node-red-dev is explained', exceptionsExplained);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  checks.finish();
}

async function sbomComplete(): Promise<void> {
  const { components } = JSON.parse(await sbom()) as { components: { group?: string; name: string }[] };
  const listed = new Set(components.map(({ group, name }) => (group ? `${group}/${name}` : name)));
  const missing = runtimeDependencies().filter(({ name }) => !listed.has(name));
  must(missing.length === 0, missing.map(({ name }) => name).join(', '));
}

async function publintClean(pkgDir: string): Promise<void> {
  const [{ publint }, { formatMessage }] = await Promise.all([import('publint'), import('publint/utils')]);
  const { messages, pkg } = await publint({ pkgDir, pack: false, strict: true, level: 'suggestion' });
  must(messages.length === 0, messages.map((message) => formatMessage(message, pkg)).join('\n'));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
