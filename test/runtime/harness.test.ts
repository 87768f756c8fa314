import assert from 'node:assert/strict';
import { startNodeRed, type NodeRed } from '../support/node-red';

describe('the Node-RED harness', () => {
  let nodeRed: NodeRed | undefined;
  afterEach(() => nodeRed?.stop());

  it('starts a real Node-RED, reports messages and statuses, deploys and evaluates', async () => {
    const flow = (payload: string) => [
      { id: 'tab', type: 'tab', label: 'Test' },
      {
        id: 'start',
        type: 'inject',
        z: 'tab',
        once: true,
        onceDelay: 0.01,
        repeat: '',
        crontab: '',
        props: [{ p: 'payload' }],
        payload,
        payloadType: 'str',
        wires: [['probe']],
      },
      { id: 'probe', type: 'test-probe', z: 'tab', label: 'out', wires: [[]] },
    ];
    nodeRed = await startNodeRed({ flows: flow('one') });
    const [first] = await nodeRed.waitForMessages('out');
    assert.equal(first?.msg.payload, 'one');
    await nodeRed.deploy(flow('two'));
    const [, second] = await nodeRed.waitForMessages('out', 2);
    assert.equal(second?.msg.payload, 'two');
    assert.equal(await nodeRed.evaluate('RED.settings.uiHost'), '127.0.0.1');
    assert.match(nodeRed.log, /Started flows/);
  });
});
