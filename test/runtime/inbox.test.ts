import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WebhookEvent } from '../../src/lib/webhook/event';
import {
  eventBody,
  hold,
  inboxFlow,
  inboxKey,
  probe,
  viewInbox,
  waitUntilEmpty,
  type Way,
} from '../support/inbox-flow';
import { useInbox } from '../support/inbox-suite';
import type { FlowNode } from '../support/node-red';
import { post, secret } from '../support/webhook';

describe('the durable inbox on a real Node-RED', () => {
  const suite = useInbox('suite');

  before(() => suite.start(inboxFlow({ inbox: 'none' }, [hold]), { allNodes: true }));
  /** Deploys, and looks at what comes from then on only. */
  const run = async (flow: readonly FlowNode[]) => {
    suite.nodeRed.messages.length = 0;
    await suite.nodeRed.deploy(flow);
  };

  it('is not even loaded where no node uses it', async () => {
    await run(inboxFlow({ inbox: 'none' }, [hold]));
    await suite.send(eventBody(1));
    await suite.nodeRed.waitForMessages('event');
    const loaded = await suite.nodeRed.evaluate<string[]>('Object.keys(require("module")._cache)');
    assert.deepEqual(
      loaded.filter((file) => /(classic|abstract)-level.*\.(js|node)$/.test(file)),
      [],
    );
  });

  it('emits an event with its handle, and forgets it when a done node says so', async () => {
    await run(inboxFlow());
    assert.equal((await suite.send(eventBody(1))).status, 200);
    const [first] = await suite.nodeRed.waitForMessages('event');
    assert.deepEqual(first!.msg.payload, JSON.parse(eventBody(1)));
    assert.equal(first!.msg.topic, 'order.created');
    const { id, attempt, redelivered, hash, receivedAt } = first!.msg.onegevity.delivery as Required<
      WebhookEvent['delivery']
    >;
    assert.deepEqual([attempt, redelivered], [1, false]);
    assert.match(id, /^hook:\d{16}$/);
    assert.match(hash, /^[0-9a-f]{64}$/);
    assert.ok(Math.abs(Date.parse(receivedAt) - Date.now()) < 60_000);
    await waitUntilEmpty(suite.nodeRed);
  });

  it('keeps what is not JSON as the bytes it was', async () => {
    await run(inboxFlow().map((node) => (node.id === 'probe-other' ? { ...node, wires: [['done']] } : node)));
    const body = Buffer.from([0xff, 0xfe, 0x7b, 0x00]);
    assert.equal((await post(`${suite.nodeRed.url}/hook/order.created`, body)).status, 200);
    const [message] = await suite.nodeRed.waitForMessages('other');
    assert.deepEqual(Buffer.from(message!.msg.payload as Uint8Array), body);
    await waitUntilEmpty(suite.nodeRed);
  });

  it('is done at once with an event whose output is wired to nothing', async () => {
    const flow = inboxFlow();
    const hook = flow.find(({ id }) => id === 'hook')!;
    await run(flow.map((node) => (node === hook ? { ...hook, wires: [[], []] } : node)));
    assert.equal((await suite.send(eventBody(1))).status, 200);
    const { stats } = await viewInbox(suite.nodeRed);
    assert.equal(stats.waiting + stats.inFlight, 0);
    assert.deepEqual(suite.nodeRed.messagesOf('event'), []);
  });

  it('refuses events with 503 and a red status where there is no key, or no right one', async () => {
    const custom = { type: 'onegevity-config', environment: 'custom', baseUrl: 'http://127.0.0.1:1' };
    const cases = [
      ['', 'inbox key missing'],
      ['secret', 'bad inbox key'],
      ['${NO_SUCH_VARIABLE}', 'variable not set'],
    ] as const;
    for (const [key, text] of cases) {
      const credentials = { webhookSecret: secret, inboxKey: key };
      const config = { ...custom, id: 'config-bad', credentials };
      const flow = [...inboxFlow({ config: 'config-bad' }), config];
      await run(flow);
      const answer = await suite.send(eventBody(1));
      assert.equal(answer.status, 503);
      assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
      await suite.nodeRed.waitForStatus('hook', (status) => status.text === text && status.fill === 'red');
    }
  });

  it('refuses to be combined with an answer by the flow', async () => {
    await run(inboxFlow({ respond: 'flow' }));
    assert.equal((await suite.send(eventBody(1))).status, 503);
    await suite.nodeRed.waitForStatus('hook', ({ text }) => text === 'change "Respond"');
  });

  it('works in the sandbox without any key', async () => {
    const sandbox = { id: 'config-sandbox', type: 'onegevity-config', environment: 'sandbox' };
    const flow = [...inboxFlow({ config: 'config-sandbox' }), sandbox];
    await run(flow);
    await suite.nodeRed.waitForStatus('hook', ({ fill }) => fill === 'yellow');
    const { stats } = await viewInbox(suite.nodeRed);
    assert.equal(stats.waiting, 0);
  });

  it('emits an event again after the delay of a retry, with its attempts counted', async () => {
    const way: Way = [
      { ...probe, wires: [['choose']] },
      {
        id: 'choose',
        type: 'function',
        z: 'tab',
        func: 'return msg.onegevity.delivery.attempt < 3 ? [msg, null] : [null, msg];',
        outputs: 2,
        wires: [['again'], ['done']],
      },
      { id: 'again', type: 'onegevity-done', z: 'tab', outcome: 'retry', delay: 0.05 },
    ];
    await run(inboxFlow({}, way));
    assert.equal((await suite.send(eventBody(1))).status, 200);
    const messages = await suite.nodeRed.waitForMessages('event', 3);
    assert.deepEqual(
      messages.map(({ msg }): unknown[] => [
        msg.onegevity.delivery.attempt,
        msg.onegevity.delivery.redelivered,
      ]),
      [
        [1, false],
        [2, true],
        [3, true],
      ],
    );
    await waitUntilEmpty(suite.nodeRed);
  });
});

describe('what the durable inbox leaves on the disk', function () {
  // Some start Node-RED several times.
  this.timeout(60_000);
  const suite = useInbox();

  describe('duplicates', () => {
    it('are recognised across restarts, and leave by their output', async () => {
      const properties = { duplicateWindow: 300, duplicatesOutput: true };
      await suite.start(inboxFlow(properties));
      assert.equal((await suite.send(eventBody(1))).status, 200);
      await suite.nodeRed.waitForMessages('event');
      await suite.nodeRed.stop('SIGKILL');
      await suite.start(inboxFlow(properties));
      assert.equal((await suite.send(eventBody(1))).status, 200);
      const [duplicate] = await suite.nodeRed.waitForMessages('duplicates');
      assert.equal(duplicate!.msg.onegevity.duplicate, true);
      assert.equal((await suite.send(eventBody(2))).status, 200);
      const second = await suite.nodeRed.waitFor(
        () => suite.nodeRed.messagesOf('event').find(({ msg }) => msg.payload.id === 2),
        'the other event',
      );
      assert.equal(second.msg.onegevity.delivery.redelivered, false);
      const first = suite.nodeRed.messagesOf('event').filter(({ msg }) => msg.payload.id === 1);
      assert.ok(first.every(({ msg }) => msg.onegevity.delivery.redelivered));
    });
  });

  describe('the folder', () => {
    it('holds nothing of an event, its topic or a secret in the clear', async () => {
      const patient = 'Ada-Lovelace-canary';
      await suite.start(inboxFlow({ duplicateWindow: 300, maxAttempts: 1, visibilityTimeout: 0.2 }, [hold]));
      await suite.send(eventBody(1, patient));
      await suite.nodeRed.waitForLog(/dead letter/);
      await suite.nodeRed.stop();
      const files = readdirSync(suite.folder);
      assert.ok(files.length > 3);
      for (const file of files) {
        const bytes = readFileSync(join(suite.folder, file));
        for (const canary of [patient, 'orderIdentifier', 'order.created', secret, inboxKey])
          assert.equal(bytes.includes(canary), false, `${canary} in ${file}`);
      }
    });

    it('goes with its node where nothing waits, and stays where something does, which is said', async () => {
      await suite.start(inboxFlow());
      await suite.send(eventBody(1));
      await waitUntilEmpty(suite.nodeRed);
      const without = inboxFlow().filter(({ id }) => id !== 'hook');
      await suite.nodeRed.deploy(without);
      assert.equal(existsSync(suite.folder), false);
      await suite.nodeRed.deploy(inboxFlow({}, [hold]));
      await suite.send(eventBody(2));
      await suite.nodeRed.deploy(without);
      await suite.nodeRed.waitForLog(/deleted while its inbox held 1 event/);
      assert.equal(existsSync(suite.folder), true);
      await suite.nodeRed.deploy(inboxFlow({ inbox: 'none' }));
      await suite.nodeRed.waitForLog(/The disk inbox of this node still holds/);
      await suite.nodeRed.deploy(inboxFlow());
      await suite.nodeRed.waitFor(
        () =>
          suite.nodeRed
            .messagesOf('event')
            .find(({ msg }) => msg.payload.id === 2 && msg.onegevity.delivery.redelivered),
        'the event that was left',
      );
    });
  });
});
