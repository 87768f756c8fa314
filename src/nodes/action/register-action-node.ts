import type { Node, NodeAPI } from 'node-red';
import type { ActionDef } from './action-node';
import { registerNode } from '../shared/register-node';

/**
 * Registers a node type that offers the operations of one tag of the API description.
 * @param type node type, `onegevity-…`
 * @param tag the tag in `openapi/onegevity-v1.yaml`
 */
export function registerActionNode(RED: NodeAPI, type: string, tag: string): void {
  registerNode<Node, ActionDef>(RED, type, () => {
    const { buildAction } = require('./action-node') as typeof import('./action-node');
    return (api, node, def) => buildAction(api, node, def, tag);
  });
}
