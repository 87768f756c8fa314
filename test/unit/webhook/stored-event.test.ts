import assert from 'node:assert/strict';
import type { WebhookEvent } from '../../../src/lib/webhook/event';
import { serializeEvent, deserializeEvent } from '../../../src/lib/webhook/stored-event';

const event = (payload: unknown): WebhookEvent => ({
  payload,
  topic: 'order.created',
  verified: true,
  delivery: { hash: 'ab', receivedAt: '2026-11-25T10:00:00.000Z' },
  headers: { 'content-type': 'application/json' },
});
const delivery = { id: '1', attempt: 1, redelivered: false };
const about = { hash: 'ab', receivedAt: '2026-11-25T10:00:00.000Z', attempt: 1, redelivered: false };

describe('An event in an inbox', () => {
  for (const payload of [{ id: 1, patient: { name: 'Ada' } }, [1, null], 'text', Buffer.from([0, 255, 10])])
    it(`comes out as it went in, from memory and from the store: ${JSON.stringify(payload)}`, () => {
      const packed = serializeEvent(event(payload));
      const stored = { ...packed, content: Buffer.from(packed.content) };
      const expected = { ...event(payload), delivery: { ...about, id: 'hook:1' } };
      for (const inboxEvent of [packed, packed, stored])
        assert.deepEqual(deserializeEvent({ ...delivery, event: inboxEvent }, 'hook:1'), expected);
    });

  it('is listed by its topic, or as one of no certain topic, and by its time', () => {
    const { topic, receivedAt } = serializeEvent(event({}));
    assert.deepEqual([topic, receivedAt], ['order.created', Date.parse(about.receivedAt)]);
    const { topic: _, ...uncertain } = event({});
    assert.equal(serializeEvent(uncertain).topic, 'other');
  });

  it('that comes again shows nothing of what a flow did to it the first time', () => {
    const packed = serializeEvent(event({ id: 1 }));
    const first = deserializeEvent({ ...delivery, event: packed }, 'hook:1');
    (first.payload as { id: number }).id = 2;
    first.headers.more = 'x';
    const second = deserializeEvent({ ...delivery, attempt: 2, event: packed }, 'hook:1');
    assert.deepEqual(second.payload, { id: 1 });
    assert.deepEqual(second.headers, { 'content-type': 'application/json' });
  });
});
