import assert from 'node:assert/strict';
import { flood, oneByteChunks, slowBodies } from '../support/flood';
import { type NodeRed, startNodeRed } from '../support/node-red';
import { credentials, post, webhookFlow } from '../support/webhook';

/** Bytes that RSS may grow by. */
const limit = 64 * 2 ** 20;

/** In full, and with strict times, in `npm run bench:flood`: here other tests run at the same time. */
describe('a Node-RED with 256 MB of heap that is flooded with unsigned bodies', () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({
      flows: webhookFlow(),
      credentials,
      env: { NODE_OPTIONS: '--max-old-space-size=256' },
      settings: { logging: { console: { level: 'warn', metrics: false, audit: false } } },
    });
    // Both ways, so that what they need once is not counted.
    for (let time = 0; time < 20; time++) await post(`${nodeRed.url}/hook/order.created`);
  });
  after(() => nodeRed.stop());

  for (const [what, kind] of [
    ['in chunks of one byte', oneByteChunks(1_500_000)],
    ['on 1,000 connections that stop before their end', slowBodies(130_000)],
  ] as const) {
    it(`stays small, and goes on receiving, where they come ${what}`, async () => {
      const { growth, slowest } = await flood(nodeRed, '/hook/order.created', kind);
      assert.ok(growth < limit, `RSS grew by ${Math.round(growth / 2 ** 20)} MiB`);
      assert.ok(slowest < 10_000, `the editor needed ${Math.round(slowest)} ms`);
      assert.equal((await post(`${nodeRed.url}/hook/order.created`)).status, 200);
      assert.equal(nodeRed.process.exitCode, null);
    });
  }
});
