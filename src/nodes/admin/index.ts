import type { NodeAPI } from 'node-red';
import { type AdminRequest, adminRoute } from './http';
import { serveSandboxPage } from './sandbox-page';

type Handler = (RED: NodeAPI, request: AdminRequest) => object | Promise<object>;

/**
 * Adds what the account's dialog asks the runtime for, and the sandbox's page. Called once for each load of the
 * config node's type, not for each node. What answers is read when it is first asked.
 */
export function addAdminRoutes(RED: NodeAPI): void {
  const add = (method: 'get' | 'post', path: string, permission: string, load: () => Promise<Handler>) =>
    adminRoute(RED, method, path, permission, async (request) => (await load())(RED, request));

  add('post', '/onegevity/test-connection', 'flows.write', async () => {
    return (await import('./test-connection.js')).testUnsaved;
  });
  add('get', '/onegevity/account/:config/:kind', 'flows.read', async () => {
    return (await import('./suggestions.js')).suggestions;
  });
  add('post', '/onegevity/variables', 'flows.write', async () => {
    return (await import('./variables.js')).variableStates;
  });
  serveSandboxPage(RED);
}
