/** Every fault of deliveries that the sandbox offers, met by a webhook node beside the embedded sandbox. */
import assert from 'node:assert/strict';
import type { Delivery } from '../../src/sandbox/webhooks/delivery';
import { faultKinds } from '../../src/sandbox/faults/kinds';
import { startNodeRed, type NodeRed } from '../support/node-red';
import { topicNames, webhookFlow } from '../support/webhook';

const met: string[] = [];

describe("A webhook node meets the sandbox's faults", () => {
  let nodeRed: NodeRed;
  const flow = (properties: Record<string, unknown> = {}) =>
    webhookFlow(
      { duplicatesOutput: true, rejectedOutput: true, ...properties },
      { config: { environment: 'sandbox' } },
    );

  before(async () => {
    nodeRed = await startNodeRed({ flows: flow(), settings: { onegevitySandboxPace: 0 } });
  });
  after(() => nodeRed.stop());

  const control = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${nodeRed.url}/onegevity/sandbox/sandbox/${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    assert.equal(response.status, 200, `${method} ${path}: ${await response.clone().text()}`);
    return (await response.json()) as T;
  };
  const begin = async (fault: { fault: string } & Record<string, unknown>): Promise<void> => {
    nodeRed.messages.length = 0;
    await control('POST', 'reset');
    await control('POST', 'faults', { times: 1, ...fault });
    met.push(fault.fault);
  };
  /** Accepts a shipment: one event. */
  const accept = () => control('POST', 'orders/SB-000007-O2/advance');
  const delivered = async (): Promise<Delivery[]> =>
    (await control<{ deliveries: Delivery[] }>('GET', 'deliveries')).deliveries;
  /** Resolves when the log of deliveries is as it should be. */
  const settled = async (...states: Delivery['state'][]): Promise<Delivery[]> => {
    for (;;) {
      const { version } = await control<{ version: number }>('GET', 'state');
      const deliveries = await delivered();
      if (deliveries.map(({ state }) => state).join() === states.join()) return deliveries;
      await control('GET', `changes?since=${version}`);
    }
  };
  /** The outputs that have emitted, once there are so many messages. */
  const emitted = (count: number): Promise<string[]> =>
    nodeRed.waitFor(
      () => (nodeRed.messages.length >= count ? nodeRed.messages.map(({ label }) => label) : undefined),
      `${count} messages`,
    );

  it('gets every topic at its own URL, registered by itself', async () => {
    for (;;) {
      const { version } = await control<{ version: number }>('GET', 'state');
      const { webhooks } = await control<{ webhooks: { topics: string[] }[] }>('GET', 'webhooks');
      const registered = webhooks.flatMap(({ topics }) => topics).sort();
      if (registered.join() === [...topicNames].sort().join()) break;
      await control('GET', `changes?since=${version}`);
    }
  });

  it('webhook-duplicate: emits both while duplicates are not asked to be dropped', async () => {
    await begin({ fault: 'webhook-duplicate' });
    await accept();
    await settled('delivered', 'delivered');
    assert.deepEqual(await emitted(2), ['fulfillment.accepted', 'fulfillment.accepted']);
  });

  it('webhook-duplicate: sends the second one to its own output inside the window', async () => {
    await nodeRed.deploy(flow({ duplicateWindow: 60 }));
    await begin({ fault: 'webhook-duplicate' });
    await accept();
    await settled('delivered', 'delivered');
    assert.deepEqual(await emitted(2), ['fulfillment.accepted', 'duplicates']);
    await nodeRed.deploy(flow());
  });

  it('webhook-drop: nothing comes, and the next event comes as ever', async () => {
    await begin({ fault: 'webhook-drop' });
    await accept();
    await accept();
    await settled('dropped', 'delivered', 'delivered');
    assert.deepEqual((await emitted(2)).sort(), ['fulfillment.shipped', 'order.updated']);
  });

  it('webhook-reorder: emits in the order of arrival', async () => {
    await begin({ fault: 'webhook-reorder' });
    await accept();
    await control('POST', 'orders/SB-000003-O1/advance');
    await settled('delivered', 'delivered');
    assert.deepEqual(await emitted(2), ['order.updated', 'fulfillment.accepted']);
  });

  it('webhook-timeout: emits again what is sent again', async () => {
    await begin({ fault: 'webhook-timeout' });
    await accept();
    const [delivery] = await settled('delivered');
    assert.deepEqual(
      delivery?.attempts.map(({ status, error }) => status ?? error),
      ['no answer in time', 200],
    );
    assert.deepEqual(await emitted(2), ['fulfillment.accepted', 'fulfillment.accepted']);
  });

  it('webhook-abort: emits nothing for half a body, and one event for the whole one', async () => {
    await begin({ fault: 'webhook-abort' });
    await accept();
    const [delivery] = await settled('delivered');
    assert.deepEqual(
      delivery?.attempts.map(({ status, error }) => status ?? error),
      ['cut off in the middle of the body', 200],
    );
    assert.deepEqual(await emitted(1), ['fulfillment.accepted']);
  });

  it('webhook-slow: waits for a slow body, and gives up after its time limit', async () => {
    await begin({ fault: 'webhook-slow', seconds: 0.2 });
    await accept();
    await settled('delivered');
    assert.deepEqual(await emitted(1), ['fulfillment.accepted']);
    await nodeRed.deploy(flow({ bodyTimeout: 0.3 }));
    await begin({ fault: 'webhook-slow', seconds: 5 });
    await accept();
    const [rejected] = await nodeRed.waitForMessages('rejected');
    assert.equal(rejected?.msg.payload.reason, 'too_slow');
    assert.deepEqual(await emitted(1), ['rejected']);
    await nodeRed.deploy(flow());
  });

  for (const fault of ['webhook-wrong-signature', 'webhook-changed-byte']) {
    it(`${fault}: refuses it with 401, and tells why on the rejected output`, async () => {
      await begin({ fault });
      await accept();
      const [rejected] = await nodeRed.waitForMessages('rejected');
      assert.equal(rejected?.msg.payload.reason, 'wrong_signature');
      const [delivery] = await delivered();
      assert.equal(delivery?.attempts[0]?.status ?? 401, 401);
      assert.deepEqual(await emitted(1), ['rejected']);
    });
  }

  it('leaves none out', () => {
    const names = faultKinds.filter(({ area }) => area === 'webhook').map(({ name }) => name as string);
    assert.deepEqual(
      names.filter((name) => !met.includes(name)),
      [],
    );
  });
});
