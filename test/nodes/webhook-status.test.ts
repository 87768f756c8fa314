import assert from 'node:assert/strict';
import type { Node, NodeAPI } from 'node-red';
import sinon from 'sinon';
import { WebhookStatus } from '../../src/nodes/webhook/status';

describe('The status of a webhook node', () => {
  it('is no longer red when it can store again, also where a refusal came last', () => {
    const clock = sinon.useFakeTimers();
    try {
      const shown: { fill?: string; text?: string }[] = [];
      const node = { status: (status: { fill?: string; text?: string }) => shown.push(status) };
      const RED = { _: (key: string) => key };
      const status = new WebhookStatus(RED as unknown as NodeAPI, node as unknown as Node);
      status.storage('inbox_unavailable', 'inbox unavailable');
      status.event('red', () => 'refused: not stored');
      clock.tick(1000);
      assert.equal(shown.at(-1)?.text, 'inbox unavailable');
      status.storage();
      clock.tick(1000);
      assert.deepEqual([shown.at(-1)?.fill, shown.at(-1)?.text], ['green', 'status.waiting']);
      status.close();
    } finally {
      clock.restore();
    }
  });
});
