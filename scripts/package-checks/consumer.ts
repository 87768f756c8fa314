/** Compiles and runs a small project that uses what the package exports. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../support/npm';
import { manifest } from './contents';

const source = `
import { startSandbox, type Sandbox, type SandboxOptions } from '${manifest.name}';
import * as sandboxEntry from '${manifest.name}/sandbox';
import * as signature from '${manifest.name}/signature';

const options: SandboxOptions = { pace: 0 };
async function main(): Promise<void> {
  const sandbox: Sandbox = await startSandbox(options);
  const { url }: { url: string } = sandbox;
  await sandbox.close();
  if (sandboxEntry.startSandbox !== startSandbox || !url.startsWith('http://127.0.0.1:')) process.exit(1);
  if (typeof signature.sign('body', 'secret') !== 'string') process.exit(1);
}
void main();
`;

/**
 * @param unpacked the folder of the unpacked package
 * @param folder takes the project
 * @throws Error with the compiler's or the program's output
 */
export async function consumerCompilesAndRuns(unpacked: string, folder: string): Promise<void> {
  const project = join(folder, 'consumer');
  const target = join(project, 'node_modules', manifest.name);
  mkdirSync(dirname(target), { recursive: true });
  cpSync(unpacked, target, { recursive: true });
  // Its dependencies are those of the lock file.
  symlinkSync(join(packageRoot, 'node_modules'), join(target, 'node_modules'), 'dir');
  mkdirSync(join(project, 'node_modules/@types'));
  symlinkSync(
    join(packageRoot, 'node_modules/@types/node'),
    join(project, 'node_modules/@types/node'),
    'dir',
  );
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  writeFileSync(join(project, 'main.ts'), source);
  const options = { module: 'node16', target: 'es2022', strict: true, types: ['node'], skipLibCheck: false };
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['main.ts'] }),
  );
  await run(project, require.resolve('typescript/bin/tsc'));
  await run(project, 'main.js');
}

async function run(cwd: string, script: string): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [script], { cwd, timeout: 60_000 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${script}: ${stdout}${stderr}`.slice(0, 3000), { cause: error });
  }
}
