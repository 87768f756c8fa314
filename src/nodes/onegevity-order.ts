import type { NodeAPI } from 'node-red';
import { registerActionNode } from './shared/register-action-node';

export = (RED: NodeAPI): void => registerActionNode(RED, 'onegevity-order', 'orders');
