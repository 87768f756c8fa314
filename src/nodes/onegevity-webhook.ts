import type { NodeAPI } from 'node-red';
import { addInboxView } from './admin/inbox-view';
import { registerNode } from './shared/register-node';

export = (RED: NodeAPI): void => {
  addInboxView(RED);
  registerNode(
    RED,
    'onegevity-webhook',
    () => (require('./webhook/webhook-node') as typeof import('./webhook/webhook-node')).buildWebhook,
  );
};
