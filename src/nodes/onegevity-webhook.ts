import type { NodeAPI } from 'node-red';
import { addInboxView } from './admin/inbox-view';
import { onFlowsStopped } from './shared/flow-state';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  addInboxView(RED);
  // Not by the nodes themselves: a start with stopped flows makes none.
  onFlowsStopped(RED, () =>
    (require('./webhook/stopped-paths') as typeof import('./webhook/stopped-paths')).holdStoppedPaths(RED),
  );
  registerNode(
    RED,
    'onegevity-webhook',
    () => (require('./webhook/webhook-node') as typeof import('./webhook/webhook-node')).buildWebhook,
  );
};
