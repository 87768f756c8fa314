/** A real Node-RED with a webhook node whose inbox is of some kind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inboxFlow, type Way, viewInbox } from '../../test/support/inbox-flow';
import { type NodeRed, startNodeRed } from '../../test/support/node-red';
import { work } from '../webhook/servers';
import type { Kind } from './kinds';

export interface Stand {
  kind: Kind;
  userDir: string;
  /** Signs the deliveries. */
  secret: string;
}

/** A flow that does next to nothing with an event, and the done node where there is an inbox. */
export function through({ properties }: Kind): Way {
  return [step(properties.inbox === 'none' ? [] : ['done'])];
}

/** A flow that never ends an event. */
export const holding: Way = [step([])];

function step(next: string[]) {
  return { id: 'first', z: 'tab', ...work, wires: [next] };
}

/** @param properties more properties of the webhook node */
export function start(
  { kind, userDir, secret }: Stand,
  way: Way,
  properties: Record<string, unknown> = {},
): Promise<NodeRed> {
  return startNodeRed({
    userDir,
    flows: inboxFlow({ ...kind.properties, ...properties }, way),
    credentials: { config: { webhookSecret: secret, ...kind.credentials } },
    settings: { logging: { console: { level: 'warn', metrics: false, audit: false } } },
    startTimeout: 60_000,
  });
}

/** Starts Node-RED. @returns it, and milliseconds until its inbox was open */
export async function startTimed(...options: Parameters<typeof start>): Promise<[NodeRed, number]> {
  const began = performance.now();
  const nodeRed = await start(...options);
  await viewInbox(nodeRed);
  return [nodeRed, performance.now() - began];
}

/** Gives a user folder for some work, and removes it afterwards. @param place where it lies */
export async function inUserFolder<T>(place: string, work: (userDir: string) => Promise<T>): Promise<T> {
  const userDir = mkdtempSync(join(place, 'onegevity-bench-inbox-'));
  try {
    return await work(userDir);
  } finally {
    rmSync(userDir, { recursive: true, force: true });
  }
}

/** What a synced write costs is a matter of the file system. */
export function fileSystem(folder: string): string {
  try {
    const output = execFileSync('df', ['--output=fstype', folder], { encoding: 'utf8' });
    return output.trim().split('\n').at(-1) ?? '?';
  } catch {
    return '?';
  }
}
