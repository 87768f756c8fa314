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
    func: 'return msg.onegevity.delivery.replayed ? [msg, null] : [null, msg];',
    outputs: 2,
    wires: [['done'], ['give-up']],
  },
  { id: 'give-up', type: 'onegevity-done', z: 'tab', name: '', outcome: 'giveUp' },
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
    await suite.editor.page.getByText('Answer and storage').click();
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
    assert.match(shown, /order\.created .*given up by the flow/);
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
    await editor.page.getByLabel('Answer', { exact: true }).selectOption('flow');
    const [warning] = await editor.notes('danger');
    assert.match(warning ?? '', /answers when the event is stored/);
    await editor.cancel();
  });
});
