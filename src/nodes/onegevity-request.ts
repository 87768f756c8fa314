import type { NodeAPI } from 'node-red';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  registerNode(
    RED,
    'onegevity-request',
    () => (require('./request/request-node') as typeof import('./request/request-node')).buildRequest,
  );
};
