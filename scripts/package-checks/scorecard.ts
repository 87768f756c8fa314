/** Node-RED's own scorecard over the unpacked package, judged by its JSON and its warnings. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { must } from '../support/checks';
import { npm, packageRoot } from '../support/npm';
import { manifest } from './contents';

const tool = 'node-red-dev@0.1.6';
const record = 'docs/dev/decisions/0008-scorecard.md';

/** Findings that are accepted, by test and what it finds; each has its reason in the decision record. */
const accepted: Readonly<Record<string, readonly string[]>> = {
  P03: [],
  D03: ['openapi-backend', 'undici'],
};

type Score = Record<string, { test?: boolean; packages?: string[]; nodes?: string[] }>;

/**
 * @param unpacked the folder of the unpacked package
 * @param folder takes the tool
 */
export async function scorecardClean(unpacked: string, folder: string): Promise<void> {
  const { score, warnings } = await scorecard(unpacked, folder);
  const failed = Object.entries(score).filter(([, { test }]) => test === false);
  const unexpected = failed.filter(([id, { packages = [] }]) => {
    const known = accepted[id];
    return !known || packages.some((name) => !known.includes(name));
  });
  must(unexpected.length === 0, `${JSON.stringify(Object.fromEntries(unexpected))}\n${warnings.join('\n')}`);

  // Its exit status is 0 in any case, and some findings are only warned of.
  const loud = warnings.filter((line) => !Object.keys(accepted).some((id) => line.includes(id)));
  must(loud.length === 0, loud.join('\n'));
  const ids = ['P01', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'N01', 'N02', 'D01', 'D02', 'D03'];
  const absent = ids.filter((id) => score[id]?.test === undefined);
  must(absent.length === 0, `not judged: ${absent.join(', ')}`);

  // A node whose html it cannot read is left out without a word.
  const types = Object.keys(manifest['node-red'].nodes).filter((type) => type !== 'onegevity-config');
  const seen = score.N02?.nodes ?? [];
  const unseen = types.filter((type) => !seen.includes(type));
  must(unseen.length === 0, `no example seen for: ${unseen.join(', ')}`);
}

/** Every accepted finding that still occurs is explained, and none is kept that is gone. */
export function exceptionsExplained(): void {
  const text = existsSync(join(packageRoot, record)) ? readFileSync(join(packageRoot, record), 'utf8') : '';
  const names = Object.entries(accepted).flatMap(([id, packages]) => [id, ...packages]);
  const unexplained = names.filter((name) => !text.includes(name));
  must(unexplained.length === 0, `${record} does not mention ${unexplained.join(', ')}`);
}

async function scorecard(unpacked: string, folder: string): Promise<{ score: Score; warnings: string[] }> {
  const home = join(folder, 'scorecard');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "private": true }\n');
  await npm(['install', tool, '--prefer-offline'], { cwd: home });
  const script = join(home, 'node_modules/node-red-dev/bin/run');
  const output = join(home, 'score.json');
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--require', join(__dirname, 'answers.cjs'), script, 'validate', '--path', unpacked, '--output', output],
    {
      cwd: home,
      timeout: 120_000,
      env: {
        ...process.env,
        NO_COLOR: '1',
        FORCE_COLOR: '0',
        COLUMNS: '1000',
        NODE_RED_ENTRY: await nodeRedEntry(home),
      },
    },
  );
  const lines = `${stdout}\n${stderr}`.split('\n');
  return {
    score: JSON.parse(readFileSync(output, 'utf8')) as Score,
    warnings: lines.filter((line) => /Warning|Unable to/.test(line)),
  };
}

/** What the tool asks of the registry about node-red, asked by npm, which knows how it is reached here. */
async function nodeRedEntry(cwd: string): Promise<string> {
  const view = async (...args: string[]) =>
    JSON.parse((await npm(['view', ...args, '--json'], { cwd })).stdout) as unknown;
  const tags = (await view('node-red', 'dist-tags')) as { latest: string };
  const engines = await view(`node-red@${tags.latest}`, 'engines');
  return JSON.stringify({ 'dist-tags': tags, versions: { [tags.latest]: { engines } } });
}
