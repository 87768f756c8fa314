import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Node, NodeAPI } from 'node-red';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { OnegevityError } from '../../src/lib/errors';
import { isUnencrypted } from '../../src/nodes/webhook/create-inbox';
import { WebhookInbox, type InboxOwner } from '../../src/nodes/webhook/webhook-inbox';
import { WebhookStatus } from '../../src/nodes/webhook/status';

describe('what a webhook node says of its inbox', () => {
  let clock: SinonFakeTimers;
  let errors: string[];
  let warnings: string[];
  let shown: { fill?: string; text?: string }[];
  let status: WebhookStatus;
  let inbox: WebhookInbox;

  beforeEach(() => {
    clock = useFakeTimers();
    errors = [];
    warnings = [];
    shown = [];
    const node = {
      status: (one: { text?: string }) => shown.push(one),
      error: (text: string) => errors.push(text),
      warn: (text: string) => warnings.push(text),
    } as unknown as Node;
    const RED = {
      events: new EventEmitter(),
      _: (key: string, { count }: { count?: number } = {}) => (count === undefined ? key : `${key} ${count}`),
    } as unknown as NodeAPI;
    status = new WebhookStatus(RED, node);
    inbox = new WebhookInbox(RED, node, { status } as unknown as InboxOwner);
  });
  afterEach(() => {
    status.close();
    clock.restore();
  });

  it('is in the log twice and then every 30 s where it is full and not full all the time', () => {
    for (let time = 0; time < 600; time++) {
      inbox.onAvailability(new OnegevityError('inbox_full'));
      clock.tick(50);
      inbox.onAvailability(undefined);
      clock.tick(50);
    }
    assert.equal(errors.length, 3, '600 times in a minute');
  });

  it('has another cause in the log at once', () => {
    for (const code of ['inbox_full', 'inbox_disk_full', 'inbox_no_permission'] as const)
      inbox.onAvailability(new OnegevityError(code));
    assert.equal(errors.length, 3);
  });

  it('is one message for all records that cannot be read, a second after the last', () => {
    for (let count = 0; count < 500; count++) {
      inbox.quarantine(1, count % 5 === 0 ? 'damaged' : 'unknown_key');
      clock.tick(10);
    }
    assert.deepEqual(errors, []);
    clock.tick(1000);
    assert.deepEqual(errors, ['errors.set_aside_damaged 100', 'errors.set_aside_unknown_key 400']);
  });

  for (const pause of [10, 900, 1100, 5000])
    it(`is once a minute at most, and not never, where one record each ${pause} ms cannot be read`, () => {
      // As where two instances share an inbox and not its key.
      const minutes = 10;
      const count = Math.ceil((minutes * 60_000) / pause);
      for (let done = 0; done < count; done++) {
        inbox.quarantine(1, 'unknown_key');
        clock.tick(pause);
      }
      assert.ok(errors.length >= minutes - 1 && errors.length <= minutes, String(errors.length));
      clock.tick(60_000);
      const told = errors.reduce((sum, text) => sum + Number(text.split(' ')[1]), 0);
      assert.equal(told, count);
    });

  it('is a lasting status and one line where Redis does not promise what it should', () => {
    for (let time = 0; time < 3; time++) inbox.onDurabilityWarning('redis_unencrypted');
    clock.tick(1000);
    assert.deepEqual(warnings, ['errors.redis_unencrypted']);
    assert.deepEqual([shown.at(-1)?.fill, shown.at(-1)?.text], ['yellow', 'status.redis_unencrypted']);
    status.setEvent('green', () => 'order.created (1)');
    clock.tick(1000);
    assert.equal(shown.at(-1)?.text, 'status.redis_unencrypted · order.created (1)');
  });

  it('calls Redis unencrypted on every other computer, unless TLS is used', () => {
    const cases: [url: string, tls: boolean, unencrypted: boolean][] = [
      ['redis://redis.example.com', false, true],
      ['redis://10.0.0.7:6379', false, true],
      ['redis://localhost.example.com', false, true],
      ['redis://127.0.0.1.example.com', false, true],
      ['redis://redis', false, true],
      ['redis://localhost', false, false],
      ['redis://127.0.0.1:6379/1', false, false],
      ['redis://[::1]', false, false],
      ['rediss://redis.example.com', false, false],
      ['redis://redis.example.com', true, false],
    ];
    for (const [url, tls, unencrypted] of cases)
      assert.equal(isUnencrypted({ url, ...(tls ? { tls: {} } : {}) }), unencrypted, url);
  });
});
