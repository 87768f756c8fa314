import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Keyring } from '../../src/lib/inbox/keyring';
import { LevelStore } from '../../src/lib/inbox/local/level-store';
import {
  eventBody,
  hold,
  inboxFlow,
  inboxKey,
  sendEvents,
  viewInbox,
  waitUntilEmpty,
} from '../support/inbox-flow';
import { numbers, useInbox } from '../support/inbox-suite';
import { secret } from '../support/webhook';

describe('what the durable inbox has stored, on a real Node-RED', function () {
  // Some start Node-RED several times.
  this.timeout(60_000);
  const suite = useInbox();

  describe('changing secrets and keys', () => {
    it('strands nothing: 1,000 events that wait are delivered after all of them have been changed', async () => {
      await suite.start(inboxFlow({}, [hold]));
      const { accepted } = await sendEvents(suite.nodeRed.port, numbers(1000), 50);
      assert.equal(accepted.length, 1000);
      await suite.nodeRed.stop();
      const config = {
        clientId: 'new',
        clientSecret: 'new',
        webhookSecret: 'new',
        previousWebhookSecret: secret,
        inboxKey: Keyring.generate(),
        previousInboxKey: inboxKey,
      };
      await suite.start(inboxFlow(), { credentials: { config } });
      assert.equal((await suite.send(eventBody(1001))).status, 200, 'the previous secret still signs');
      await suite.nodeRed.waitForMessages('event', 1001);
      await waitUntilEmpty(suite.nodeRed);
      const got = suite.nodeRed.messagesOf('event').map(({ msg }) => msg.payload.id as number);
      assert.deepEqual(
        [...new Set(got)].sort((a, b) => a - b),
        numbers(1001),
      );
      await suite.nodeRed.stop();
      await suite.start(inboxFlow(), { credentials: { config: { ...config, previousInboxKey: '' } } });
      const { stats } = await viewInbox(suite.nodeRed);
      assert.equal(stats.unreadable, 0);
    });

    it('sets aside what no key can read, and delivers it once the key is back', async () => {
      await suite.start(inboxFlow({}, [hold]));
      await suite.send(eventBody(1));
      await suite.nodeRed.stop();
      const other = { config: { webhookSecret: secret, inboxKey: Keyring.generate() } };
      await suite.start(inboxFlow(), { credentials: other });
      await suite.nodeRed.waitForLog(/key isn't configured/);
      assert.equal((await viewInbox(suite.nodeRed)).stats.unreadable, 1);
      await suite.nodeRed.stop();
      await suite.start(inboxFlow());
      await suite.nodeRed.waitForMessages('event');
      await waitUntilEmpty(suite.nodeRed);
    });
  });

  describe('faults of the storage', () => {
    it('sets a damaged record aside and reports it; the others go on', async () => {
      await suite.start(inboxFlow({}, [hold]));
      await sendEvents(suite.nodeRed.port, numbers(3), 1);
      await suite.nodeRed.stop();
      const store = new LevelStore(suite.folder);
      await store.open();
      const [, second] = await store.entries({ gt: 'e!', lt: 'e"' }, 3);
      const [key, value] = second!;
      value[value.length - 1]! ^= 1;
      await store.write([{ type: 'put', key, value }], true);
      await store.close();
      await suite.start(inboxFlow());
      await suite.nodeRed.waitForMessages('event', 2);
      const { stats, deadLetters } = await waitUntilEmpty(suite.nodeRed);
      assert.equal(stats.unreadable, 1);
      assert.equal(deadLetters[0]!.cause, 'damaged');
      await suite.nodeRed.waitForLog(/Damaged records in the inbox/);
    });

    it('reports 300 unreadable records in one message', async () => {
      await suite.start(inboxFlow({}, [hold]));
      await sendEvents(suite.nodeRed.port, numbers(300), 50);
      await suite.nodeRed.stop();
      await suite.start(inboxFlow(), {
        credentials: { config: { webhookSecret: secret, inboxKey: Keyring.generate() } },
      });
      await suite.nodeRed.waitForLog(/key isn't configured/);
      assert.equal((await viewInbox(suite.nodeRed)).stats.unreadable, 300);
      assert.deepEqual(suite.nodeRed.log.match(/.*key isn't configured/g)?.length, 1);
      assert.match(suite.nodeRed.log, /300 stored event\(s\) can't be read/);
    });

    it('answers 503 once its folder was deleted while it runs, says so, and goes on in a new one', async () => {
      await suite.start(inboxFlow());
      assert.equal((await suite.send(eventBody(1))).status, 200);
      await waitUntilEmpty(suite.nodeRed);
      rmSync(join(suite.userDir, 'onegevity'), { recursive: true });
      assert.equal((await suite.send(eventBody(2))).status, 503);
      await suite.nodeRed.waitForStatus('hook', ({ fill }) => fill === 'red');
      await suite.nodeRed.waitForLog(/deleted or replaced, so the node created a new inbox/);
      await suite.nodeRed.waitForStatus('hook', ({ text }) => text !== 'inbox damaged');
      assert.equal((await suite.send(eventBody(3))).status, 200);
      await suite.nodeRed.waitForMessages('event', 2);
      await suite.nodeRed.stop();
      await suite.start(inboxFlow());
      assert.equal((await viewInbox(suite.nodeRed)).stats.unreadable, 0);
    });

    it('says that another process has the folder, and takes over when that has ended', async () => {
      const other = new LevelStore(suite.folder);
      await other.open();
      await suite.start(inboxFlow());
      await suite.nodeRed.waitForStatus('hook', ({ text }) => text === 'inbox locked');
      assert.match(suite.nodeRed.log, /Another process uses the inbox folder/);
      assert.equal((await suite.send(eventBody(1))).status, 503);
      await other.close();
      await suite.nodeRed.waitForStatus('hook', ({ text }) => text !== 'inbox locked');
      assert.equal((await suite.send(eventBody(1))).status, 200);
    });

    it('refuses with 503 where it cannot write its folder, and recovers', async () => {
      await suite.start(inboxFlow());
      await suite.send(eventBody(1));
      await waitUntilEmpty(suite.nodeRed);
      await suite.nodeRed.evaluate(
        `void (() => {
          const { prototype } = require("classic-level").ClassicLevel;
          const batch = prototype.batch;
          prototype.batch = () => { throw Object.assign(new Error("full"), { code: "ENOSPC" }); };
          globalThis.mend = () => void (prototype.batch = batch);
        })()`,
      );
      const refused = await suite.send(eventBody(2));
      assert.equal(refused.status, 503);
      assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
      await suite.nodeRed.waitForStatus('hook', ({ text }) => text === 'disk full');
      await suite.nodeRed.evaluate('globalThis.mend()');
      await suite.nodeRed.waitForStatus('hook', ({ text }) => text !== 'disk full');
      assert.equal((await suite.send(eventBody(3))).status, 200);
      await suite.nodeRed.waitForMessages('event', 2);
      const got = suite.nodeRed.messagesOf('event').map(({ msg }) => msg.payload.id as number);
      assert.deepEqual(got, [1, 3]);
    });
  });
});
