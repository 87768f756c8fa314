import type { NodeAPI } from 'node-red';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  registerNode(
    RED,
    'onegevity-done',
    () => (require('./done/done-node') as typeof import('./done/done-node')).buildDone,
  );
};
