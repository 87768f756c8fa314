import type { NodeAPI } from 'node-red';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  registerNode(
    RED,
    'onegevity-request',
    () => (require('./call/request-node') as typeof import('./call/request-node')).buildRequest,
  );
};
