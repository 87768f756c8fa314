/**
 * `npm run bench:startup`: how much longer Node-RED takes to start with this package installed than without it.
 * Spawn to "Started flows", empty flow file, pairs interleaved (and the order within a pair alternating), so that a
 * slow moment of the computer meets both. Prints the medians and the median of the differences, in milliseconds.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npm, pack } from '../../scripts/support/npm';
import { machine, median } from '../support';

const pairs = Number(process.argv[2] ?? 12);
const limit = 50;

/** @param tarball of the package, as it is published: a link to the repository would have Node-RED look through all of it */
async function userFolder(tarball?: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-startup-'));
  writeFileSync(join(folder, 'flows.json'), '[]');
  writeFileSync(
    join(folder, 'settings.js'),
    `module.exports = { uiPort: 0, uiHost: '127.0.0.1', flowFile: 'flows.json', credentialSecret: false,
      telemetry: { enabled: false, updateNotification: false } };\n`,
  );
  if (tarball) {
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'node-red-project' }));
    await npm(['install', tarball, '--prefer-offline', '--omit=dev'], { cwd: folder });
  }
  return folder;
}

/** Starts Node-RED and ends it. @returns milliseconds from spawn to "Started flows" */
function start(folder: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.execPath, [require.resolve('node-red/red.js'), '--userDir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let duration: number | undefined;
    let log = '';
    child.stdout.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (duration !== undefined || !log.includes('Started flows')) return;
      duration = performance.now() - began;
      child.kill('SIGTERM');
    });
    child.on('exit', () => {
      if (duration === undefined) reject(new Error(`Node-RED ended before its start\n${log}`));
      else resolve(duration);
    });
  });
}

async function main(): Promise<void> {
  const packed = mkdtempSync(join(tmpdir(), 'onegevity-startup-'));
  const [bare, installed] = [
    await userFolder(),
    await userFolder(join(packed, (await pack(packed)).filename)),
  ];
  const without: number[] = [];
  const having: number[] = [];
  // What the first start reads from the disk, the later ones find in memory.
  for (const folder of [bare, installed]) await start(folder);
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) {
      without.push(await start(bare));
      having.push(await start(installed));
    } else {
      having.push(await start(installed));
      without.push(await start(bare));
    }
  }
  for (const folder of [packed, bare, installed]) rmSync(folder, { recursive: true, force: true });
  const difference = median(having) - median(without);
  const paired = median(having.map((value, index) => value - (without[index] ?? NaN)));
  const round = (value: number) => value.toFixed(0);
  console.log(`Node ${process.version}, ${machine(false)}, ${pairs} pairs of starts`);
  console.log();
  console.log(
    `- median without the package ${round(median(without))} ms, with it ${round(median(having))} ms`,
  );
  console.log(
    `- difference of the medians ${round(difference)} ms (at most ${limit} ms), median of the differences ${round(paired)} ms`,
  );
  if (difference > limit) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
