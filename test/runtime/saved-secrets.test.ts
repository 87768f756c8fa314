import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNodeRed, type FlowNode, type NodeRed } from '../support/node-red';

const secrets = {
  clientSecret: 'CANARY-client-secret',
  webhookSecret: 'CANARY-webhook-secret',
  previousWebhookSecret: 'CANARY-previous-webhook-secret',
  inboxKey: 'CANARY-inbox-key',
  previousInboxKey: 'CANARY-previous-inbox-key',
  redisUrl: 'redis://CANARY-redis-url',
  redisUser: 'CANARY-redis-user',
  redisPassword: 'CANARY-redis-password',
};

describe('Saved secrets in a real Node-RED', () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ settings: { credentialSecret: 'the key of the credentials file' } });
    const account = { id: 'account', type: 'onegevity-config', environment: 'staging' };
    const flows: FlowNode[] = [
      { id: 'tab', type: 'tab', label: 'Test' },
      { ...account, credentials: { clientId: 'an-id', ...secrets } },
    ];
    await nodeRed.deploy(flows);
  });
  after(() => nodeRed.stop());

  it('reach the runtime', async () => {
    const found = await nodeRed.evaluate("RED.nodes.getNode('account').credentials");
    assert.deepEqual(found, { clientId: 'an-id', ...secrets });
  });

  it('are never given back to the editor, which learns only that they are there', async () => {
    const ask = async (path: string) => (await fetch(`${nodeRed.url}${path}`)).text();
    const about = await ask('/credentials/onegevity-config/account');
    assert.equal((JSON.parse(about) as { has_clientSecret?: boolean }).has_clientSecret, true);
    for (const answer of [about, await ask('/flows'), await ask('/settings'), await ask('/nodes')])
      assert.doesNotMatch(answer, /CANARY/);
  });

  it('are in no flow file, and encrypted in the credentials file', () => {
    for (const file of ['flows.json', 'flows_cred.json'])
      assert.doesNotMatch(readFileSync(join(nodeRed.userDir, file), 'utf8'), /CANARY/, file);
  });
});
