import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import type { TopicName } from '../../generated/topics';
import type { ConfigNode } from '../shared/config-node';

/**
 * Registers the topic URLs of a webhook node with the sandbox, if that is its environment: one URL for each topic,
 * since that is the only documented way to know a topic for certain.
 * @param path of the endpoint, with Node-RED's root
 * @returns its removal
 */
export function registerWithSandbox(
  RED: NodeAPI,
  config: ConfigNode | undefined,
  path: string,
  topics: readonly TopicName[],
): () => void {
  const server = RED.server as Server | undefined;
  if (config?.environment !== 'sandbox' || !server) return () => undefined;
  const removals: (() => void)[] = [];
  let left = false;
  const join = async (): Promise<void> => {
    await whenListening(server);
    if (left) return;
    const base = `${originOf(RED, server)}${path}`;
    for (const topic of topics) {
      const remove = await config.registerReceiver(`${base}/${topic}`, [topic]);
      if (left) remove();
      else removals.push(remove);
    }
  };
  // A sandbox that does not start shows as a missing secret, with its reason.
  join().catch(() => undefined);
  return () => {
    left = true;
    for (const remove of removals) remove();
  };
}

const listening = new WeakMap<Server, Promise<void>>();

/** One listener serves every node, since Node.js warns from the eleventh on. */
function whenListening(server: Server): Promise<void> {
  if (server.listening) return Promise.resolve();
  const known = listening.get(server);
  if (known) return known;
  const once = new Promise<void>((resolve) => server.once('listening', resolve));
  listening.set(server, once);
  return once.finally(() => listening.delete(server));
}

/** The server as this computer reaches it. */
function originOf(RED: NodeAPI, server: Server): string {
  const address = server.address();
  const { port, address: host } = address as AddressInfo;
  const { https } = RED.settings as unknown as { https?: unknown };
  const any = host === '0.0.0.0' || host === '::';
  const name = any ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `${https ? 'https' : 'http'}://${name}:${port}`;
}
