import type { NodeAPI } from 'node-red';
import { addAdminRoutes } from './admin';
import { track } from './shared/instances';
import type { AccountNode, ConfigDef, Credentials } from './config/account-node';
import { hideCredentials } from './shared/hide-credentials';

export = (RED: NodeAPI): void => {
  addAdminRoutes(RED);

  function OnegevityConfig(this: AccountNode, def: ConfigDef): void {
    RED.nodes.createNode(this, def);
    track(this);
    hideCredentials(this);
    // Read at the first account, as in registerNode.
    const { buildAccount } = require('./config/account-node') as typeof import('./config/account-node');
    buildAccount(RED, this, def);
  }

  RED.nodes.registerType<AccountNode, ConfigDef, object, Credentials>('onegevity-config', OnegevityConfig, {
    credentials: {
      clientId: { type: 'text' },
      clientSecret: { type: 'password' },
      webhookSecret: { type: 'password' },
      previousWebhookSecret: { type: 'password' },
      inboxKey: { type: 'password' },
      previousInboxKey: { type: 'password' },
      redisUrl: { type: 'password' },
      redisUser: { type: 'password' },
      redisPassword: { type: 'password' },
    },
  });
};
