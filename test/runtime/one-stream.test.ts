import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowNode, startNodeRed } from '../support/node-red';
import { hasRedis, RedisServer } from '../support/redis-server';

const example = JSON.parse(
  readFileSync(join(__dirname, '../../examples/12 - Several Node-REDs, one stream.json'), 'utf8'),
) as FlowNode[];
const id = (type: string) => example.find((node) => node.type === type)!.id;

/** The example with a probe in place of each debug node. */
const flows = example.map((node) =>
  node.type === 'debug' ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] } : node,
);

describe('The example "Several Node-REDs, one stream" in a real Node-RED', () => {
  it('deploys as it is, and says that it needs an address of Redis', async () => {
    const nodeRed = await startNodeRed({ flows });
    try {
      await nodeRed.waitForStatus(
        id('onegevity-webhook'),
        ({ fill, text }) => fill === 'red' && text === 'bad Redis URL',
      );
    } finally {
      await nodeRed.stop();
    }
  });

  it('keeps the reports of an order whose results were released, once it has one', async function () {
    if (!hasRedis) return this.skip();
    const server = await RedisServer.start();
    const credentials = { [id('onegevity-config')]: { redisUrl: server.url } };
    const settings = { onegevitySandboxPace: 0.1 };
    const nodeRed = await startNodeRed({ flows, credentials, settings });
    try {
      const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages('result kept', 1, 15_000);
      assert.equal(msg.onegevity.params.orderIdentifier, 'DEMO-12-KIT');
      assert.equal(msg.onegevity.delivery.attempt, 1);
      assert.deepEqual(nodeRed.messagesOf('dead letter'), []);
      assert.deepEqual(nodeRed.messagesOf('not ordered'), []);
    } finally {
      await nodeRed.stop();
      await server.remove();
    }
  });
});
