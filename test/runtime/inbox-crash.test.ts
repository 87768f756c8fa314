import assert from 'node:assert/strict';
import { eventBody, hold, inboxFlow, sendEvents, waitUntilEmpty } from '../support/inbox-flow';
import { numbers, useInbox } from '../support/inbox-suite';

describe('the durable inbox when Node-RED ends in between', function () {
  // Some start Node-RED several times.
  this.timeout(60_000);
  const suite = useInbox();

  it('emits once more, marked, what was stored and not done', async () => {
    await suite.start(inboxFlow({}, [hold]));
    assert.equal((await suite.send(eventBody(1))).status, 200);
    const [first] = await suite.nodeRed.waitForMessages('event');
    await suite.nodeRed.stop('SIGKILL');
    await suite.start(inboxFlow());
    const [again] = await suite.nodeRed.waitForMessages('event');
    assert.deepEqual(again!.msg.payload, first!.msg.payload);
    assert.equal(again!.msg.onegevity.delivery.id, first!.msg.onegevity.delivery.id);
    assert.equal(again!.msg.onegevity.delivery.redelivered, true);
    assert.equal(again!.msg.onegevity.delivery.attempt, 2);
    await waitUntilEmpty(suite.nodeRed);
    assert.equal(suite.nodeRed.messagesOf('event').length, 1);
    await suite.nodeRed.stop('SIGKILL');
    await suite.start(inboxFlow());
    await waitUntilEmpty(suite.nodeRed);
    assert.deepEqual(suite.nodeRed.messagesOf('event'), []);
  });

  it('has sent no 2xx for what was not stored', async () => {
    await suite.start(inboxFlow());
    // From here on nothing that is written arrives anywhere.
    await suite.nodeRed.evaluate(
      `void (require("classic-level").ClassicLevel.prototype.batch = () => ({
        put() {}, del() {}, write: () => new Promise(() => undefined),
      }))`,
    );
    const answer = suite.send(eventBody(1)).then(
      ({ status }) => status,
      () => 'none',
    );
    assert.equal(
      await Promise.race([answer, suite.nodeRed.evaluate('new Promise((r) => setTimeout(r, 300))')]),
      undefined,
    );
    await suite.nodeRed.stop('SIGKILL');
    assert.equal(await answer, 'none');
    await suite.start(inboxFlow());
    await waitUntilEmpty(suite.nodeRed);
    assert.deepEqual(suite.nodeRed.messagesOf('event'), []);
  });

  it('emits again after a deploy what the deploy interrupted', async () => {
    await suite.start(inboxFlow({}, [hold]));
    await suite.send(eventBody(1));
    await suite.nodeRed.waitForMessages('event');
    await suite.nodeRed.deploy(inboxFlow());
    const [, again] = await suite.nodeRed.waitForMessages('event', 2);
    assert.deepEqual(
      [again!.msg.onegevity.delivery.redelivered, again!.msg.onegevity.delivery.attempt],
      [true, 1],
    );
    await waitUntilEmpty(suite.nodeRed);
  });

  it('emits what had waited in the order of arrival', async () => {
    await suite.start(inboxFlow({}, [hold]));
    const { accepted } = await sendEvents(suite.nodeRed.port, numbers(1000), 50);
    assert.equal(accepted.length, 1000);
    await suite.nodeRed.stop('SIGKILL');
    await suite.start(inboxFlow());
    await waitUntilEmpty(suite.nodeRed);
    const order = suite.nodeRed.messagesOf('event').map(({ msg }) => msg.onegevity.delivery.id as string);
    assert.equal(order.length, 1000);
    assert.deepEqual(order, [...order].sort());
  });
});
