/**
 * How the sandbox does with many patients: time to start, time of a list page, memory. Run it with
 * `npm run bench:sandbox`. Each count of patients gets a process of its own, as `npx onegevity-sandbox` is used.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { table } from '../../scripts/docs/markdown';
import { startCommand } from '../../test/support/command';
import { machine } from '../support';

interface Ready {
  url: string;
  clientId: string;
  clientSecret: string;
}

const CALLS = 2000;
const WARM_UP = 200;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function measure(patients: number): Promise<Record<string, string | number>> {
  const started = performance.now();
  const command = await startCommand('onegevity-sandbox', [
    '--port=0',
    '--pace=0',
    '--patients',
    String(patients),
  ]);
  const start = performance.now() - started;
  try {
    const { url, ...client } = JSON.parse(command.firstLine) as Ready;
    const token = await accessToken(url, client);
    const idle = memoryOf(command.process.pid);
    const pages = Math.ceil(patients / 100);
    const pageNumber = (call: number): number => ((call * 7919) % pages) + 1;
    const times: Record<string, number[]> = {};
    for (const [name, path] of Object.entries({
      'list page of 100': (call: number) => `/patients?pageSize=100&pageNumber=${pageNumber(call)}`,
      'list page of 20': (call: number) => `/patients?pageSize=20&pageNumber=${pageNumber(call)}`,
      'orders of a patient': (call: number) => `/patients/${identifier((call * 7919) % patients)}/orders`,
    })) {
      for (let call = 0; call < WARM_UP; call++) await timed(`${url}/api/v1${path(call)}`, token);
      const taken: number[] = [];
      for (let call = 0; call < CALLS; call++) taken.push(await timed(`${url}/api/v1${path(call)}`, token));
      times[name] = taken.sort((a, b) => a - b);
    }
    return {
      patients,
      'start (ms)': Math.round(start),
      ...Object.fromEntries(
        Object.entries(times).flatMap(([name, taken]) => [
          [`${name}, median (ms)`, at(taken, 0.5)],
          [`${name}, 99 % (ms)`, at(taken, 0.99)],
        ]),
      ),
      'memory when ready (MB)': idle,
      'memory after the calls (MB)': memoryOf(command.process.pid),
    };
  } finally {
    await command.stop();
  }
}

const identifier = (index: number): string => `SB-${String(index + 1).padStart(6, '0')}`;

const at = (sorted: readonly number[], share: number): number =>
  Math.round((sorted[Math.floor(sorted.length * share)] ?? NaN) * 100) / 100;

async function accessToken(url: string, client: Omit<Ready, 'url'>): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: client.clientId,
    client_secret: client.clientSecret,
  });
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
  return ((await response.json()) as { access_token: string }).access_token;
}

function timed(url: string, token: string): Promise<number> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    request(url, { agent, headers: { authorization: `Bearer ${token}` } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url}: ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - started));
    })
      .on('error', reject)
      .end();
  });
}

/** Resident memory in MB, where the system tells (Linux). */
function memoryOf(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024);
  } catch {
    return NaN;
  }
}

async function main(): Promise<void> {
  const measured = [await measure(25), await measure(100_000)];
  agent.destroy();
  console.log(`Node ${process.version}, ${machine(false)}`);
  console.log();
  const names = Object.keys(measured[0] ?? {});
  console.log(
    table(
      ['', ...measured.map((_, index) => (index === 0 ? 'few' : 'many'))],
      names.map((name) => [name, ...measured.map((values) => String(values[name]))]),
    ),
  );
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
