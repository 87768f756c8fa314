import assert from 'node:assert/strict';
import type { Node, NodeAPI } from 'node-red';
import sinon from 'sinon';
import { WebhookStatus } from '../../src/nodes/webhook/status';

describe('The status of a webhook node', () => {
  let clock: sinon.SinonFakeTimers;
  let status: WebhookStatus;
  const shown: { fill?: string; text?: string }[] = [];
  /** What is shown in the end. */
  const last = (): (string | undefined)[] => {
    clock.tick(1000);
    const { fill, text } = shown.at(-1) ?? {};
    return [fill, text];
  };
  beforeEach(() => {
    clock = sinon.useFakeTimers();
    const node = { status: (each: { fill?: string; text?: string }) => shown.push(each) };
    const RED = { _: (key: string) => key };
    status = new WebhookStatus(RED as unknown as NodeAPI, node as unknown as Node);
  });
  afterEach(() => {
    status.close();
    clock.restore();
  });

  it('is no longer red when it can store again, also where a refusal came last', () => {
    status.setStorage('inbox_unavailable', 'inbox unavailable');
    status.setEvent('red', () => 'refused: not stored');
    assert.deepEqual(last(), ['red', 'inbox unavailable']);
    status.setStorage();
    assert.deepEqual(last(), ['green', 'status.waiting']);
  });

  it('shows the risk of the storage beside every other condition that lasts', () => {
    status.risk('Redis unencrypted');
    assert.deepEqual(last(), ['yellow', 'Redis unencrypted']);
    status.setLasting('yellow', 'previous secret');
    assert.deepEqual(last(), ['yellow', 'previous secret · Redis unencrypted']);
    status.setEvent('green', () => '1 event');
    assert.deepEqual(last(), ['yellow', 'previous secret · Redis unencrypted · 1 event']);
    status.setLasting();
    assert.deepEqual(last(), ['yellow', 'Redis unencrypted · 1 event']);
  });

  it('goes on showing a dead letter and lost events beside the next good one, each once', () => {
    status.trouble('dead letter');
    assert.deepEqual(last(), ['red', 'dead letter']);
    status.setEvent('green', () => '1 event');
    assert.deepEqual(last(), ['green', 'dead letter · 1 event']);
    status.trouble('events lost');
    status.trouble('dead letter');
    assert.deepEqual(last(), ['red', 'dead letter · events lost']);
    status.setStorage('redis_full', 'full');
    status.setStorage();
    assert.deepEqual(last(), ['yellow', 'dead letter · events lost']);
  });
});
