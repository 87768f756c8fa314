import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inboxCredentials } from './inbox-flow';
import { type FlowNode, type NodeRed, type NodeRedOptions, startNodeRed } from './node-red';
import { type Answer, post } from './webhook';

export interface InboxSuite {
  readonly userDir: string;
  readonly nodeRed: NodeRed;
  /** Where the inbox of the node `hook` lies. */
  readonly folder: string;
  /** Starts Node-RED on the user folder, as often as a test likes. */
  start(flows: readonly FlowNode[], options?: NodeRedOptions): Promise<NodeRed>;
  /** Posts a signed body. */
  send(body: string): Promise<Answer>;
  /** Asks what the dialog asks. */
  ask(path: string, method: 'GET' | 'POST', headers?: Record<string, string>): Promise<Response>;
}

/** Hooks of a suite with a durable inbox: each test (or the whole suite) has a user folder of its own. */
export function useInbox(scope: 'test' | 'suite' = 'test'): InboxSuite {
  let userDir = '';
  let nodeRed: NodeRed | undefined;
  const [first, last] = scope === 'test' ? [beforeEach, afterEach] : [before, after];
  first(() => {
    userDir = mkdtempSync(join(tmpdir(), 'onegevity-inbox-'));
  });
  last(async () => {
    await nodeRed?.stop('SIGKILL');
    nodeRed = undefined;
    rmSync(userDir, { recursive: true, force: true });
  });
  return {
    get userDir() {
      return userDir;
    },
    get nodeRed() {
      return nodeRed!;
    },
    get folder() {
      return join(userDir, 'onegevity', 'inbox', 'hook');
    },
    start: async (flows, options = {}) => {
      nodeRed = await startNodeRed({ userDir, flows, credentials: inboxCredentials, ...options });
      return nodeRed;
    },
    send: (body) => post(`${nodeRed!.url}/hook/order.created`, body),
    ask: (path, method, headers = {}) =>
      fetch(`${nodeRed!.url}/onegevity/inbox/${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...headers },
        ...(method === 'POST' ? { body: '{}' } : {}),
      }),
  };
}

/** 1 to `count`. */
export const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
