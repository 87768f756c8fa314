import type { NodeAPI } from 'node-red';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  registerNode(
    RED,
    'onegevity-done',
    () => (require('./webhook/done-node') as typeof import('./webhook/done-node')).buildDone,
  );
};
