import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { topics } from '../../../src/generated/topics';
import { Receiver, SandboxUnderTest } from '../../support/sandbox';

describe("The sandbox's webhooks", () => {
  let under: SandboxUnderTest;
  let receiver: Receiver;
  const webhookSecret = 'a shared secret with ümlaut';

  beforeEach(async () => {
    receiver = await Receiver.start();
    under = await SandboxUnderTest.start({ webhookSecret, retryDelays: [0.01, 0.01] });
  });
  afterEach(async () => {
    await under.close();
    await receiver.stop();
  });

  it('come for all 11 topics, signed over the bytes, with the documented members and no topic', async () => {
    for (const { name } of topics) {
      const added = await under.control('POST', 'webhooks', {
        url: `${receiver.url}/${name}`,
        topics: [name],
      });
      assert.equal(added.status, 200);
    }
    await under.order('O-1');
    await under.api('PATCH', '/patients/P-1', { lastName: 'Exampleson' });
    for (let step = 0; step < 5; step++) await under.control('POST', 'orders/O-1/advance');
    await under.order('O-2');
    await under.control('POST', 'orders/O-2/reject');
    await under.order('O-3');
    await under.control('POST', 'orders/O-3/cancel');
    const byTopic = new Map(
      (await receiver.received(17)).map(({ path, ...delivery }) => [path.slice(1), delivery]),
    );
    assert.deepEqual([...byTopic.keys()].sort(), topics.map(({ name }) => name as string).sort());
    for (const { name, members } of topics) {
      const { headers, body } = byTopic.get(name)!;
      const signature = createHmac('sha256', webhookSecret).update(body).digest('base64');
      assert.equal(headers['x-onegevity-signature'], signature);
      const payload = JSON.parse(body.toString()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(payload).sort(), ['id', ...members].sort(), name);
      assert.equal(typeof payload.id, 'number');
    }
  });

  it('are tried again at the set times, each endpoint for itself, and keep their order', async () => {
    under.sandbox.registerWebhook({ url: `${receiver.url}/all` });
    receiver.answers.push(500, 302);
    await under.order('O-1');
    const received = await receiver.received(5);
    const members = received.map(({ body }) => Object.keys(JSON.parse(body.toString()) as object).length);
    assert.deepEqual(members, [2, 2, 2, 3, 2], 'patient three times, then order, then fulfillment');
    const { body } = await under.control('GET', 'deliveries');
    assert.deepEqual(
      (body.deliveries[0].attempts as { status: number }[]).map(({ status }) => status),
      [500, 302, 200],
    );
    assert.equal(body.deliveries[0].state, 'delivered');
  });

  it('are given up after the last attempt, and the next one is sent', async () => {
    under.sandbox.registerWebhook({
      url: `${receiver.url}/all`,
      topics: ['patient.created', 'order.created'],
    });
    receiver.answers.push(500, 500, 500);
    await under.order('O-1');
    await receiver.received(4);
    const { body } = await under.control('GET', 'deliveries');
    assert.equal(body.deliveries[0].state, 'failed');
  });

  it('stop when the endpoint is removed', async () => {
    const id = under.sandbox.registerWebhook({ url: `${receiver.url}/gone` });
    under.sandbox.registerWebhook({ url: `${receiver.url}/stays`, topics: ['order.created'] });
    const listed = await under.control('GET', 'webhooks');
    assert.equal(listed.body.webhooks.length, 2);
    assert.equal((await under.control('DELETE', `webhooks/${id}`)).status, 200);
    assert.equal((await under.control('DELETE', `webhooks/${id}`)).status, 404);
    await under.order('O-1');
    assert.deepEqual(
      (await receiver.received(1)).map(({ path }) => path),
      ['/stays'],
    );
  });

  it('are not registered for a URL that is not http(s) or a topic that does not exist', async () => {
    const bodies = [
      {},
      { url: 'ftp://x' },
      { url: 'nonsense' },
      { url: receiver.url, topics: ['order.lost'] },
      { url: receiver.url, topics: 'order.created' },
      [],
      'text',
    ];
    for (const body of bodies) {
      assert.equal((await under.control('POST', 'webhooks', body)).status, 400, JSON.stringify(body));
    }
    assert.throws(() => under.sandbox.registerWebhook({ url: 'ftp://x' }), TypeError);
  });
});
