import type { NodeAPI } from 'node-red';
import { addAccountHelp } from './account-help';
import { addTestConnection } from './test-connection';
import { addVariableCheck } from './variables';

/**
 * Adds what the dialogs ask the runtime for. Called once for each load of the config node's type, not for each node.
 * @param pace seconds a step of the embedded sandbox's life cycle
 */
export function addAdminRoutes(RED: NodeAPI, pace: number | undefined): void {
  addTestConnection(RED, pace);
  addAccountHelp(RED);
  addVariableCheck(RED);
}
