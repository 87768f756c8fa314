/**
 * `npm run compat`: does the packed package work where users install it? For each Node-RED and Node.js of
 * `compat/targets.ts`: installs the tarball into an empty user folder, starts Node-RED with its default settings,
 * and looks at the nodes, the main example and the webhook's answers; on Node-RED 5 also at the dialogs.
 *
 * Needs npm's registry; without it every target is skipped, and says so.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checks, must, skip } from './support/checks';
import { npm, pack, packageRoot, registryAnswers } from './support/npm';
import { editorTests } from './compat/editor';
import { NodeRedProcess, until } from './compat/process';
import { Installs, type Target, targets, versionOf } from './compat/targets';
import { type Seen, topicVectors, type Vector, webhookFlow } from './compat/webhook-flow';

const atOnce = 2;
const example = 'examples/01 - Order a test kit.json';

interface Manifest {
  name: string;
  'node-red': { nodes: Record<string, string> };
}
const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Manifest;

async function main(): Promise<void> {
  const checks = new Checks();
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-compat-'));
  try {
    const online = await registryAnswers();
    const tarball = join(folder, (await pack(folder)).filename);
    const installs = new Installs(folder);
    const waiting = [...targets];
    const work = async (): Promise<void> => {
      for (let target = waiting.shift(); target; target = waiting.shift()) {
        await runTarget(checks, target, { folder, tarball, installs, online });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  checks.finish();
}

interface Surroundings {
  folder: string;
  tarball: string;
  installs: Installs;
  online: boolean;
}

async function runTarget(checks: Checks, target: Target, around: Surroundings): Promise<void> {
  const name = `node-red ${target.nodeRed} on Node ${target.node}`;
  const { folder, tarball, installs, online } = around;
  const userDir = join(folder, `user-${target.nodeRed}-${target.node}`);
  let nodeRed: NodeRedProcess | undefined;
  try {
    const started = await checks.check(`${name}: the tarball installs and Node-RED starts`, async () => {
      if (!online) skip('npm registry not reached');
      const node = await installs.node(target.node);
      const script = await installs.nodeRed(target.nodeRed);
      await installTarball(tarball, userDir, node);
      nodeRed = await NodeRedProcess.start(node, script, userDir);
      must(nodeRed.log.includes(`Node-RED version: v${versionOf(script)}`), 'another version started');
      must(nodeRed.log.includes(`Node.js  version: v${target.node}.`), 'another Node.js runs it');
    });
    if (!started || !nodeRed) return;
    const running = nodeRed;
    await checks.check(`${name}: every node type loads`, () => nodesLoad(running));
    await checks.check(`${name}: the main example runs to its report`, () => exampleRuns(running));
    await checks.check(`${name}: webhooks come out of their topic's output`, () => webhooksArrive(running));
    await checks.check(`${name}: a webhook with one changed byte gets 401 and no message`, () =>
      changedByteRefused(running),
    );
    await checks.check(`${name}: nothing is wrong in the log`, () => logIsClean(running));
    await checks.check(`${name}: it stops within 5 s`, async () => {
      const took = await running.stop();
      must(took < 5000, `it took ${took} ms`);
    });
    if (target.editor) {
      const [node, script] = [await installs.node(target.node), await installs.nodeRed(target.nodeRed)];
      checks.add(`${name}: the dialogs in a browser`, await editorTests(node, script));
    }
  } finally {
    await nodeRed?.stop();
  }
}

async function installTarball(tarball: string, userDir: string, node: string): Promise<void> {
  mkdirSync(userDir, { recursive: true });
  const project = { name: 'node-red-project', version: '0.0.1', private: true };
  writeFileSync(join(userDir, 'package.json'), JSON.stringify(project));
  const { stderr } = await npm(['install', tarball, '--prefer-offline', '--omit=dev'], {
    cwd: userDir,
    node,
  });
  const warnings = stderr.split('\n').filter((line) => /EBADENGINE|deprecated|ERESOLVE/.test(line));
  must(warnings.length === 0, warnings.join('\n'));
}

async function nodesLoad(nodeRed: NodeRedProcess): Promise<void> {
  const expected = Object.keys(manifest['node-red'].nodes).sort();
  const sets = await nodeRed.nodeSets(manifest.name);
  const faulty = sets.filter(({ err, enabled }) => err || !enabled);
  must(faulty.length === 0, `not loaded: ${JSON.stringify(faulty)}`);
  const loaded = sets.flatMap(({ types = [] }) => types).sort();
  must(loaded.join() === expected.join(), `loaded ${loaded.join(', ')}; wanted ${expected.join(', ')}`);
}

async function exampleRuns(nodeRed: NodeRedProcess): Promise<void> {
  await nodeRed.deploy(JSON.parse(readFileSync(join(packageRoot, example), 'utf8')) as object[]);
  await nodeRed.waitForLog(/report fetched/, 30_000);
}

async function webhooksArrive(nodeRed: NodeRedProcess): Promise<void> {
  const vectors = topicVectors();
  await nodeRed.deploy(webhookFlow(vectors[0]?.secret ?? ''));
  for (const vector of vectors) {
    const status = await post(nodeRed, vector);
    must(status === 200, `${vector.name} was answered with ${status}\n${nodeRed.log.slice(-1000)}`);
  }
  let events: Seen[] = [];
  await until(
    async () => (events = await seen(nodeRed)).length >= vectors.length,
    5000,
    () => `only ${events.length} events came out: ${JSON.stringify(events)}`,
  );
  const wrong = vectors.filter(({ name, body }, index) => {
    const { output, topic, verified, payload } = events[index] ?? {};
    const same = JSON.stringify(payload) === JSON.stringify(JSON.parse(body));
    return output !== name || topic !== name || verified !== true || !same;
  });
  must(wrong.length === 0, `wrong: ${wrong.map(({ name }) => name).join(', ')}: ${JSON.stringify(events)}`);
}

async function changedByteRefused(nodeRed: NodeRedProcess): Promise<void> {
  const before = (await seen(nodeRed)).length;
  const vectors = topicVectors();
  for (const vector of vectors) {
    const status = await post(nodeRed, { ...vector, body: vector.body.replace('1519348', '1519349') });
    must(status === 401, `${vector.name} was answered with ${status}`);
  }
  // An event that is sent afterwards and arrives shows that nothing came before it.
  const [last] = vectors;
  if (last) await post(nodeRed, last);
  await until(
    async () => (await seen(nodeRed)).length > before,
    5000,
    () => 'no event after the refused ones',
  );
  const after = (await seen(nodeRed)).length;
  must(after === before + 1, `${after - before - 1} refused events came out`);
}

function logIsClean(nodeRed: NodeRedProcess): void {
  const bad = nodeRed.log.split('\n').filter((line) => /\[error\]|Deprecat|Unhandled|Uncaught/i.test(line));
  must(bad.length === 0, bad.slice(0, 5).join('\n'));
}

async function post(nodeRed: NodeRedProcess, { name, body, signature }: Vector): Promise<number> {
  const response = await fetch(`${nodeRed.url}/compat/hook/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-onegevity-signature': signature },
    body,
  });
  await response.text();
  return response.status;
}

async function seen(nodeRed: NodeRedProcess): Promise<Seen[]> {
  return (await (await fetch(`${nodeRed.url}/compat/seen`)).json()) as Seen[];
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
