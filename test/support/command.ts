/** Runs one of this package's own commands as `npx` finds it for a user who installed the package. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(__dirname, '../..');

export interface RunningCommand {
  process: ChildProcess;
  /** The first line of its output. */
  firstLine: string;
  /** Ends it with SIGTERM. @returns its exit code, or null when it had to be killed */
  stop(): Promise<number | null>;
}

/** The script behind a command of package.json's `bin`. Needs `npm run build` first. */
export function scriptOf(command: string): string {
  const { bin } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const script = bin[command];
  if (script === undefined) throw new Error(`package.json has no command ${command}`);
  return join(root, script);
}

/** Starts a command and resolves with its first line of output. */
export async function startCommand(command: string, args: readonly string[]): Promise<RunningCommand> {
  const script = scriptOf(command);
  const child = spawn(process.execPath, [script, ...args], {
    cwd: dirname(script),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const firstLine = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => String(line)),
    exited.then((code) => Promise.reject(new Error(`${command} ended with ${code}: ${errors}`))),
  ]);
  return {
    process: child,
    firstLine,
    stop: async () => {
      child.kill('SIGTERM');
      const stubborn = setTimeout(() => child.kill('SIGKILL'), 5000);
      const code = await exited;
      clearTimeout(stubborn);
      return code;
    },
  };
}

/** Runs a command to its end. */
export async function runCommand(
  command: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [scriptOf(command), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
