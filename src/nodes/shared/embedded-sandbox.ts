import type { PageFile, Sandbox } from '../../sandbox/index.js';

const load = () => import('../../sandbox/index.js');

let running: Promise<Sandbox> | undefined;

/**
 * The one door from the nodes to the sandbox: starts it at the first use, on a free loopback port, once per
 * process. Its state survives a deploy, and it keeps no process alive.
 * @param pace seconds a step of its life cycle; the first caller's holds
 */
export function embeddedSandbox(pace: number | undefined): Promise<Sandbox> {
  running ??= load()
    .then(({ startSandbox }) => startSandbox({ unref: true, ...(pace === undefined ? {} : { pace }) }))
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
