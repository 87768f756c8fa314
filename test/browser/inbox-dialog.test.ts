import assert from 'node:assert/strict';
import { useEditor } from '../support/editor-suite';
import {
  eventBody,
  inboxCredentials,
  inboxFlow,
  sendEvents,
  viewInbox,
  type Way,
} from '../support/inbox-flow';
import { post } from '../support/webhook';

/** Gives up what comes for the first time, and is done with what is replayed. */
const way: Way = [
  {
    id: 'first',
    type: 'function',
    z: 'tab',
    name: '',
    func: 'return msg.onegevity.delivery.redelivered ? [msg, null] : [null, msg];',
    outputs: 2,
    wires: [['done'], ['give-up']],
  },
  { id: 'give-up', type: 'onegevity-done', z: 'tab', name: '', outcome: 'deadLetter' },
];

const flow = (properties: Record<string, unknown> = {}) =>
  inboxFlow({ name: '', deadLetterOutput: true, ...properties }, way).map((node) =>
    node.id === 'config' ? { ...node, credentials: inboxCredentials.config } : node,
  );

describe('the inbox in the dialog of the webhook node', function () {
  this.timeout(60_000);
  const suite = useEditor();
  const openInbox = async () => {
    await suite.editor.openDialog('hook');
    await suite.editor.page.getByText('Response and storage').click();
  };
  const dead = () => suite.editor.page.locator('.onegevity-letters li');

  it('shows counts and dead letters without patient data, replays one and discards another', async () => {
    const editor = await suite.open(flow());
    const { nodeRed } = suite;
    for (const id of [1, 2]) await post(`${nodeRed.url}/hook/order.created`, eventBody(id, 'Ada Lovelace'));
    await nodeRed.waitForMessages('dead', 2);

    await openInbox();
    await dead().nth(1).waitFor();
    const shown = await editor.page.locator('#onegevity-inbox-content').innerText();
    assert.match(shown, /dead letters\s+2/);
    assert.match(shown, /order\.created .*dead-lettered by the flow/);
    assert.doesNotMatch(shown, /Ada|O1/);

    await editor.page
      .getByRole('button', { name: /^Replay: order\.created/ })
      .first()
      .click();
    await editor.page.waitForFunction(`document.querySelectorAll('.onegevity-letters li').length === 1`);
    await editor.page.getByRole('button', { name: /^Discard: order\.created/ }).press('Enter');
    assert.equal(await dead().count(), 1, 'the first press only asks');
    await editor.page.keyboard.press('Enter');
    await dead().waitFor({ state: 'detached' });
    const { stats, deadLetters } = await viewInbox(nodeRed);
    assert.deepEqual([stats.waiting, stats.inFlight, stats.dead], [0, 0, 0]);
    assert.deepEqual(deadLetters, []);
    await editor.cancel();
  });

  it('shows the inbox of each instance of a subflow by its name, and replays in the right one', async () => {
    const [tab, config, ...rest] = flow();
    const inside = rest.map((node) => ({
      ...node,
      id: `s-${node.id}`,
      z: 'sf',
      // Other than any id: Node-RED takes a property that equals one for a reference.
      ...(node.id === 'hook' ? { path: '${HOOK}', config: '${ACCOUNT}' } : {}),
      ...(node.scope ? { scope: ['s-done'] } : {}),
      wires: ((node.wires ?? []) as string[][]).map((to) => to.map((id) => `s-${id}`)),
    }));
    const instance = (id: string, name: string) => ({
      id,
      type: 'subflow:sf',
      z: 'tab',
      x: 100,
      y: 100,
      name,
      env: [
        { name: 'HOOK', type: 'str', value: `/${id}` },
        { name: 'ACCOUNT', type: 'conf-type', value: 'config' },
      ],
      wires: [],
    });
    const subflow = {
      id: 'sf',
      type: 'subflow',
      name: 'Clinic',
      info: '',
      category: '',
      in: [],
      out: [],
      env: [],
    };
    const instances = [instance('north', '<b>North</b>'), instance('south', '')];
    const editor = await suite.open([tab!, config!, subflow, ...inside, ...instances]);
    const { nodeRed } = suite;
    const before = nodeRed.messagesOf('dead').length;
    await post(`${nodeRed.url}/south/order.created`, eventBody(1));
    await nodeRed.waitForMessages('dead', before + 1);

    await editor.openDialog('s-hook');
    await editor.page.getByText('Response and storage').click();
    await dead().waitFor();
    const names = await editor.page.locator('#onegevity-inbox-content h5').allInnerTexts();
    assert.deepEqual(names, ['Test › <b>North</b>', 'Test › Clinic']);
    const sections = editor.page.locator('#onegevity-inbox-content section');
    assert.match(await sections.nth(0).innerText(), /dead letters\s+0/);
    assert.match(await sections.nth(1).innerText(), /dead letters\s+1/);
    await sections
      .nth(1)
      .getByRole('button', { name: /^Replay/ })
      .click();
    await dead().waitFor({ state: 'detached' });
    await editor.cancel();
  });

  it('shows more than a page of dead letters when asked', async () => {
    const editor = await suite.open(flow());
    const before = suite.nodeRed.messagesOf('dead').length;
    const ids = Array.from({ length: 52 }, (_, index) => index);
    await sendEvents(suite.nodeRed.port, ids);
    await suite.nodeRed.waitForMessages('dead', before + 52);
    await openInbox();
    await editor.page.getByRole('button', { name: 'Show more' }).click();
    await dead().nth(51).waitFor();
    assert.equal(await dead().count(), 52);
    await editor.cancel();
  });

  it('says where there is no inbox to show, and why an answer by the flow does not go with one', async () => {
    const editor = await suite.open(flow({ inbox: 'none' }));
    await openInbox();
    assert.equal(await editor.page.locator('#onegevity-inbox-view').isVisible(), false);
    await editor.page.getByLabel('Durable inbox').selectOption('disk');
    await editor.page.locator('#onegevity-inbox-refresh').click();
    await editor.page.getByText('Nothing to show').waitFor();
    assert.deepEqual(await editor.notes('danger'), []);
    await editor.page.getByLabel('Respond', { exact: true }).selectOption('flow');
    const [warning] = await editor.notes('danger');
    assert.match(warning ?? '', /responds when the event is stored/);
    await editor.cancel();
  });
});
