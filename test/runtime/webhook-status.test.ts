import assert from 'node:assert/strict';
import { credentials, order, post, signed, webhookFlow } from '../support/webhook';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';

describe('what the webhook node tells its user', () => {
  let nodeRed: NodeRed;
  afterEach(() => nodeRed.stop());
  const start = async (flows: FlowNode[]): Promise<void> => {
    nodeRed = await startNodeRed({ flows, credentials });
  };
  const send = (path: string, signature?: string): Promise<unknown> =>
    post(`${nodeRed.url}/hook${path}`, order, signature === undefined ? {} : { signature });
  const shows = (text: string): Promise<unknown> =>
    nodeRed.waitForStatus('hook', (status) => status.text === text);

  it('counts all events and names the last, and keeps the number of rejected ones beside it', async () => {
    await start(webhookFlow());
    await send('/order.created');
    await shows('1 event: order.created');
    await send('/order.updated');
    await send('/order.updated', signed('x'));
    await send('/order.updated', signed('x'));
    await shows('rejected: wrong signature (2)');
    await send('/order.created');
    await shows('3 events, last: order.created · rejected: 2');
  });

  it('warns of rejected deliveries in the log at once, then counts, and tells the rest at its close', async () => {
    await start(webhookFlow());
    for (let time = 0; time < 5; time++) await send('', time === 3 ? '' : signed('x'));
    await nodeRed.waitForLog(/rejected deliveries since its last warning: wrong signature: 1\./);
    await nodeRed.deploy(webhookFlow({ name: 'again' }));
    await nodeRed.waitForLog(
      /rejected deliveries since its last warning: wrong signature: 3, no signature: 1\./,
    );
    assert.equal(nodeRed.log.match(/rejected deliveries since/g)?.length, 2);
  });

  it('warns at deploy where the output "other" is not wired, and counts events that leave by no wire', async () => {
    const flows = webhookFlow();
    const hook = flows.find(({ id }) => id === 'hook')!;
    const wires = (hook.wires as string[][]).map((wire, index, all) =>
      index === 2 || index === all.length - 1 ? [] : wire,
    );
    await start(flows.map((node) => (node === hook ? { ...hook, wires } : node)));
    await nodeRed.waitForLog(/The output "other" isn't wired/);
    await send('/order.created');
    await shows('1 event: order.created · not wired: 1');
    await send('/order.updated');
    await send('');
    await shows('3 events, last: other · not wired: 2');
    await nodeRed.deploy(webhookFlow());
    assert.equal(nodeRed.log.match(/The output "other" isn't wired/g)?.length, 1);
  });

  it('does the same where the nodes at the end of the wires are disabled or missing', async () => {
    const flows = webhookFlow({ topics: ['order.created', 'order.updated'] }).map((node) => ({
      ...node,
      ...(node.id === 'hook-other' ? { d: true } : {}),
    }));
    const hook = flows.find(({ id }) => id === 'hook') as unknown as { wires: string[][] };
    hook.wires[0] = ['gone'];
    await start(flows);
    await nodeRed.waitForLog(/The output "other" isn't wired to an enabled node/);
    await send('/order.created');
    await send('/order.updated');
    await send('');
    await shows('3 events, last: other · not wired: 2');
    await nodeRed.deploy(webhookFlow());
    assert.equal(nodeRed.log.match(/The output "other" isn't wired/g)?.length, 1);
  });

  it('adds no listener to Node-RED for each of many nodes', async () => {
    const [tab, config, hook, ...probes] = webhookFlow({ inbox: 'disk' });
    const hooks = Array.from({ length: 15 }, (_, index) => ({
      ...hook!,
      id: `hook${index}`,
      path: `/hook${index}`,
    }));
    nodeRed = await startNodeRed({ flows: [tab!, config!, ...hooks, ...probes], credentials });
    await nodeRed.deploy([tab!, config!, ...hooks, ...probes]);
    assert.ok((await nodeRed.evaluate<number>(`RED.events.listenerCount('flows:started')`)) < 8);
    assert.doesNotMatch(nodeRed.log, /MaxListenersExceeded/);
  });
});
