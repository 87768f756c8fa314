import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { NodeAPI } from 'node-red';
import configNode from '../../src/nodes/onegevity-config';
import webhookNode from '../../src/nodes/onegevity-webhook';
import { onFlowsStarted, whenFlowsRun } from '../../src/nodes/shared/flow-state';
import { helper, useHelper } from '../support/helper';

describe('Waiting for the flows to start', () => {
  const fake = () => ({ events: new EventEmitter() }) as unknown as NodeAPI;

  it('adds one listener to Node-RED for any number of nodes, and still calls each', () => {
    const RED = fake();
    let calls = 0;
    const removals = Array.from({ length: 50 }, () => onFlowsStarted(RED, () => calls++));
    assert.equal(RED.events.listenerCount('flows:started'), 1);
    RED.events.emit('flows:started');
    assert.equal(calls, 50);
    removals.slice(1).forEach((remove) => remove());
    RED.events.emit('flows:started');
    assert.equal(calls, 51);
  });

  it('resolves at once while the flows run or when it is cancelled, else when they have started', async () => {
    const RED = fake();
    let resolved = false;
    const first = whenFlowsRun(RED);
    first.started.then(() => (resolved = true)).catch(assert.fail);
    await Promise.resolve();
    assert.equal(resolved, false);
    RED.events.emit('flows:started');
    await first.started;
    await whenFlowsRun(RED).started;
    RED.events.emit('flows:stopping');
    const cancelled = whenFlowsRun(RED);
    cancelled.cancel();
    await cancelled.started;
  });
});

describe('Twenty nodes that wait for the flows to start', () => {
  useHelper();

  it('raise no warning of a listener leak', async () => {
    const { _events: events } = helper as unknown as { _events: EventEmitter };
    const before = events.listenerCount('flows:started');
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const flow = Array.from({ length: 20 }, (_, index) => [
      { id: `c${index}`, type: 'onegevity-config', environment: 'sandbox', scopes: 'minimal' },
      {
        id: `w${index}`,
        type: 'onegevity-webhook',
        z: 'tab',
        config: `c${index}`,
        path: `/hook${index}`,
        inbox: 'none-such',
        wires: [],
      },
    ]).flat();
    await helper.load([configNode, webhookNode], [{ id: 'tab', type: 'tab' }, ...flow] as never);
    assert.ok(events.listenerCount('flows:started') - before <= 1);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });
});
