import type { NodeAPI } from 'node-red';
import { registerActionNode } from './action/register-action-node';

export = (RED: NodeAPI): void => registerActionNode(RED, 'onegevity-kit', 'kits');
