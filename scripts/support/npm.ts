/** npm as the scripts use it. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { staleness } from './build-stamp';

const run = promisify(execFile);

export const packageRoot = join(__dirname, '..', '..');

export interface NpmOptions {
  cwd: string;
  /** The Node.js that runs npm, and so decides about `engines`. Default: this one. */
  node?: string;
  env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  timeout?: number;
}

export interface Output {
  stdout: string;
  stderr: string;
}

/** @throws Error with npm's own output where it fails */
export async function npm(args: readonly string[], options: NpmOptions): Promise<Output> {
  const { node = process.execPath, cwd, timeout = 120_000 } = options;
  // The variables of an outer `npm run` would make this npm work on the outer package.
  const outer = Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|command)/.test(name),
  );
  const env = {
    ...Object.fromEntries(outer),
    npm_config_update_notifier: 'false',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    ...options.env,
    PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
  };
  try {
    return await run(node, [npmCli(), ...args], { cwd, env, timeout, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Output>;
    throw new Error(`npm ${args.join(' ')}\n${stderr}\n${stdout}`.slice(0, 4000), { cause: error });
  }
}

/** @returns whether npm's registry answers within ten seconds */
export async function registryAnswers(): Promise<boolean> {
  try {
    await npm(['view', 'node', 'name', '--fetch-retries=0', '--prefer-online'], {
      cwd: packageRoot,
      timeout: 10_000,
    });
    return true;
  } catch {
    return false;
  }
}

export interface PackedFile {
  path: string;
  /** Bytes, unpacked. */
  size: number;
}

export interface Packed {
  filename: string;
  unpackedSize: number;
  files: PackedFile[];
}

/**
 * Packs what was built, without building anew.
 * @param folder takes the tarball
 * @throws Error where what was built is not what the sources at hand make
 */
export async function pack(folder: string): Promise<Packed> {
  const stale = staleness(packageRoot);
  if (stale) throw new Error(`Not packed: ${stale}`);
  const { stdout } = await npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: packageRoot,
  });
  const answer = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  const [packed] = Object.values(answer);
  if (!packed) throw new Error('npm pack said nothing');
  return packed;
}

/** npm's own script: the one that runs this script, or the one beside Node.js. */
function npmCli(): string {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const candidates = [process.env.npm_execpath ?? '', beside];
  const found = candidates.find((file) => file.endsWith('npm-cli.js') && existsSync(file));
  if (!found) throw new Error('npm was not found: start this script by `npm run`');
  return found;
}
