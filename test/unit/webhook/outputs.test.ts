import assert from 'node:assert/strict';
import { Outputs, selectedTopics } from '../../../src/lib/webhook/outputs';
import type { WebhookEvent } from '../../../src/lib/webhook/event';

describe("the webhook node's outputs", () => {
  const none = { duplicates: false, rejected: false, deadLetters: false };
  const event = (about: Partial<WebhookEvent>) => about as WebhookEvent;

  it('are the selected topics, other, and what else was asked for, in this order', () => {
    const selected = selectedTopics(['kit.activated', 'order.created']);
    const all = new Outputs({ selected, duplicates: true, rejected: true, deadLetters: true });
    assert.equal(all.indexOf(event({ topic: 'order.created' })), 0);
    assert.equal(all.indexOf(event({ topic: 'kit.activated' })), 1);
    assert.deepEqual([all.other, all.duplicates, all.rejected, all.deadLetters, all.count], [2, 3, 4, 5, 6]);
    const few = new Outputs({ ...none, selected, rejected: true });
    assert.deepEqual(
      [few.other, few.duplicates, few.rejected, few.deadLetters, few.count],
      [2, undefined, 3, undefined, 4],
    );
  });

  it('are other for what has no topic, a topic without an output, or a reason not to be there', () => {
    const outputs = new Outputs({ ...none, selected: ['order.created'] });
    assert.equal(outputs.indexOf(event({})), 1);
    assert.equal(outputs.indexOf(event({ topic: 'order.updated' })), 1);
    assert.equal(outputs.indexOf(event({ topic: 'order.created', reason: 'topic_mismatch' })), 1);
  });

  it('get a message in their place, and the others get none', () => {
    const outputs = new Outputs({ ...none, selected: ['order.created', 'order.updated'] });
    assert.deepEqual(outputs.toArray('message', 1), [null, 'message', null]);
  });

  it('are all topics where a flow does not say, none where it names none, and no unknown ones', () => {
    assert.equal(selectedTopics(undefined).length, 11);
    assert.equal(selectedTopics('order.created').length, 11);
    assert.deepEqual(selectedTopics([]), []);
    assert.deepEqual(selectedTopics(['order.lost', 'order.updated', 'order.created']), [
      'order.created',
      'order.updated',
    ]);
  });
});
