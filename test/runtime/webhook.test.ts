import assert from 'node:assert/strict';
import { topicNames, credentials, post, vectors, webhookFlow } from '../support/webhook';
import { type NodeRed, startNodeRed } from '../support/node-red';

const documented = vectors.slice(0, topicNames.length);

describe('the webhook node in a Node-RED with default settings', () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows: webhookFlow(), credentials });
  });
  after(() => nodeRed.stop());
  beforeEach(() => {
    nodeRed.messages.length = 0;
  });

  for (const { name, body, signature } of documented) {
    it(`emits the vendor's example of ${name} on its output, by the URL of its topic`, async () => {
      const answer = await post(`${nodeRed.url}/hook/${name}`, body, { signature });
      assert.equal(answer.status, 200);
      const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages(name);
      assert.equal(msg.topic, name);
      assert.deepEqual(msg.payload, JSON.parse(body));
      assert.equal(msg.onegevity.topicSource, 'url');
      assert.equal(msg.onegevity.verified, true);
      assert.match(String(msg.onegevity.delivery.hash), /^[0-9a-f]{64}$/);
      assert.equal(msg.headers, undefined);
      assert.equal(nodeRed.messages.length, 1);
    });

    it(`emits the vendor's example of ${name} by the one URL for all topics where its shape is certain`, async () => {
      const certain = ['kit.activated', 'fulfillment.shipped'].includes(name);
      assert.equal((await post(`${nodeRed.url}/hook`, body, { signature })).status, 200);
      const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages(certain ? name : 'other');
      assert.equal(msg.topic, certain ? name : undefined);
      assert.equal(msg.onegevity.topicSource, certain ? 'shape' : undefined);
      if (!certain) assert.ok((msg.onegevity.candidates as string[]).includes(name));
    });

    it(`refuses the example of ${name} with one byte changed`, async () => {
      const changed = body.replace('1519348', '1519349');
      const answer = await post(`${nodeRed.url}/hook/${name}`, changed, { signature });
      assert.equal(answer.status, 401);
      assert.equal(answer.body, 'rejected');
      assert.equal((await post(`${nodeRed.url}/hook`, changed, { signature })).status, 401);
      await post(`${nodeRed.url}/hook/${name}`, body, { signature });
      await nodeRed.waitForMessages(name);
      assert.equal(nodeRed.messages.length, 1);
    });
  }
});
