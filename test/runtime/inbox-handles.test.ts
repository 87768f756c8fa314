import assert from 'node:assert/strict';
import { eventBody, inboxFlow, probe, sendEvents, waitUntilEmpty, type Way } from '../support/inbox-flow';
import { numbers, useInbox } from '../support/inbox-suite';

describe('the handle of a delivery on a real Node-RED survives', () => {
  const suite = useInbox('suite');

  before(() => suite.start(inboxFlow(), { allNodes: true }));
  const run = (way: Way) => suite.nodeRed.deploy(inboxFlow({}, way));

  const ways: [string, Way][] = [
    [
      'function and change nodes',
      [
        {
          id: 'first',
          type: 'function',
          z: 'tab',
          func: 'msg.payload = 5; return msg;',
          outputs: 1,
          wires: [['change']],
        },
        {
          id: 'change',
          type: 'change',
          z: 'tab',
          rules: [{ t: 'set', p: 'topic', pt: 'msg', to: 'x', tot: 'str' }],
          wires: [['done']],
        },
      ],
    ],
    [
      'split and join',
      [
        { id: 'first', type: 'split', z: 'tab', arraySplt: 1, arraySpltType: 'len', wires: [['join']] },
        { id: 'join', type: 'join', z: 'tab', mode: 'auto', wires: [['done']] },
      ],
    ],
    [
      'link nodes',
      [
        { id: 'first', type: 'link out', z: 'tab', mode: 'link', links: ['in'], wires: [] },
        { id: 'in', type: 'link in', z: 'tab', links: ['first'], wires: [['done']] },
      ],
    ],
    [
      'a link call',
      [
        { id: 'first', type: 'link call', z: 'tab', links: ['in'], linkType: 'static', wires: [['done']] },
        { id: 'in', type: 'link in', z: 'tab', links: [], wires: [['back']] },
        { id: 'back', type: 'link out', z: 'tab', mode: 'return', links: [], wires: [] },
      ],
    ],
    [
      'an action node',
      [
        {
          id: 'first',
          type: 'onegevity-package',
          z: 'tab',
          config: 'account',
          operation: 'listPackages',
          wires: [['done']],
        },
        { id: 'account', type: 'onegevity-config', environment: 'sandbox' },
      ],
    ],
    [
      'an action node that fails, and a catch node',
      [
        {
          id: 'first',
          type: 'onegevity-package',
          z: 'tab',
          config: 'config',
          operation: 'packageDetails',
          wires: [[]],
        },
        { id: 'caught', type: 'catch', z: 'tab', scope: ['first'], wires: [['done']] },
      ],
    ],
    [
      'a delay node',
      [
        {
          id: 'first',
          type: 'delay',
          z: 'tab',
          pauseType: 'delay',
          timeout: '10',
          timeoutUnits: 'milliseconds',
          wires: [['done']],
        },
      ],
    ],
    [
      'a join of several complete messages',
      [
        {
          id: 'first',
          type: 'join',
          z: 'tab',
          mode: 'custom',
          build: 'array',
          property: '',
          propertyType: 'full',
          count: '3',
          wires: [['done']],
        },
      ],
    ],
  ];
  for (const [name, way] of ways) {
    it(name, async () => {
      await run(way);
      await sendEvents(suite.nodeRed.port, numbers(3), 1);
      await waitUntilEmpty(suite.nodeRed);
      assert.deepEqual(suite.nodeRed.messagesOf('failed'), []);
    });
  }

  it('and the second done node of a delivery is an error that a catch node sees', async () => {
    await run([{ ...probe, wires: [['done', 'done']] }]);
    await suite.send(eventBody(1));
    const [failed] = await suite.nodeRed.waitForMessages('failed');
    assert.equal(failed!.msg.error.code, 'delivery_already_done');
  });
});
