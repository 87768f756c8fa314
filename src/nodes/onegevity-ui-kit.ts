import type { NodeAPI } from 'node-red';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  registerNode(
    RED,
    'onegevity-ui-kit',
    () => (require('./ui-kit/ui-kit-node') as typeof import('./ui-kit/ui-kit-node')).buildUiKit,
  );
};
