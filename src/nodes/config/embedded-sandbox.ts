import type { NodeAPI } from 'node-red';
import type { PageFile, Sandbox } from '../../sandbox/index.js';

const load = () => import('../../sandbox/index.js');

let running: Promise<Sandbox> | undefined;

/**
 * The only place where nodes reach the sandbox: starts it at the first use, on a free loopback port, once per
 * process. Its state survives a deploy, and it keeps no process alive. The setting `onegevitySandboxPace` gives the
 * seconds of a step of its life cycle.
 */
export function embeddedSandbox(RED: NodeAPI): Promise<Sandbox> {
  running ??= load()
    .then(({ startSandbox }) => startSandbox({ unref: true, ...paceOf(RED) }))
    .catch((error: unknown) => {
      running = undefined;
      throw error;
    });
  return running;
}

/** A file of the sandbox's page, which holds no data: it starts no sandbox. */
export async function sandboxPageFile(path: string): Promise<PageFile | undefined> {
  return (await load()).pageFile(path);
}

function paceOf(RED: NodeAPI): { pace?: number } {
  const { onegevitySandboxPace: pace } = RED.settings as unknown as { onegevitySandboxPace?: unknown };
  return typeof pace === 'number' && pace >= 0 ? { pace } : {};
}
