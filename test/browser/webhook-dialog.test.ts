import assert from 'node:assert/strict';
import { topics } from '../../src/generated/topics';
import { tab, useEditor } from '../support/editor-suite';
import type { FlowNode } from '../support/node-red';

const names = topics.map(({ name }) => name);
const config: FlowNode = { id: 'c1', type: 'onegevity-config', name: '', environment: 'sandbox', version: 1 };

function webhook(more: object = {}): FlowNode {
  return {
    id: 'w1',
    type: 'onegevity-webhook',
    z: 'tab',
    name: '',
    config: 'c1',
    path: '/hook',
    x: 200,
    y: 300,
    ...more,
  };
}

/** A probe for each topic and for `other`, so that a wire shows by its target which topic it stands for. */
function wired(selected: readonly string[]): FlowNode[] {
  const ports = [...selected, 'other'];
  const probes = ports.map((port, index) => ({
    id: `probe-${port}`,
    type: 'test-probe',
    z: 'tab',
    label: port,
    x: 500,
    y: 40 + 40 * index,
    wires: [[]],
  }));
  const node = webhook({
    topics: selected,
    outputs: ports.length,
    wires: ports.map((port) => [`probe-${port}`]),
  });
  return [tab, config, node, ...probes];
}

describe('the dialog of the webhook node', function () {
  this.timeout(60_000);
  const suite = useEditor();

  const wires = async () =>
    (await suite.editor.node('w1')).wires?.map(([target]) => target?.slice('probe-'.length));
  const toggle = (topic: string) =>
    suite.editor.page.locator(`#onegevity-topic-${topic.replace('.', '-')}`).click();

  it('keeps each wire with its topic when topics are added and removed, and when that is undone', async () => {
    const editor = await suite.open(wired(['patient.created', 'order.created', 'results.released']));
    await editor.openDialog('w1');
    await toggle('patient.created');
    await toggle('order.updated');
    await editor.page.getByText('Additional outputs').click();
    await editor.page.locator('#node-input-rejectedOutput').check();
    await editor.confirm();
    const saved = await editor.node('w1');
    assert.deepEqual(saved.topics, ['order.created', 'order.updated', 'results.released']);
    assert.equal(saved.outputs, 5);
    assert.deepEqual(await wires(), ['order.created', undefined, 'results.released', 'other', undefined]);

    await editor.page.evaluate(`RED.actions.invoke('core:undo')`);
    assert.deepEqual(await wires(), ['patient.created', 'order.created', 'results.released', 'other']);
    assert.equal((await editor.node('w1')).outputs, 4);

    await editor.page.evaluate(`RED.actions.invoke('core:redo')`);
    assert.deepEqual(await wires(), ['order.created', undefined, 'results.released', 'other', undefined]);
  });

  it('labels its outputs with what comes out of them', async () => {
    const editor = await suite.open(wired(['order.created']));
    const labels = await editor.page.evaluate(
      `[0, 1].map((index) => RED.nodes.node('w1')._def.outputLabels.call(RED.nodes.node('w1'), index))`,
    );
    assert.deepEqual(labels, ['order.created', 'other']);
  });

  it('leaves the wires of a flow that says nothing of topics and outputs', async () => {
    const ports = [...names, 'other'];
    const editor = await suite.open([
      tab,
      config,
      webhook({ wires: ports.map(() => ['probe-x']) }),
      { id: 'probe-x', type: 'test-probe', z: 'tab', label: 'x', x: 500, y: 300, wires: [[]] },
    ]);
    await editor.openDialog('w1');
    assert.equal(await editor.page.locator('#onegevity-topics input:checked').count(), names.length);
    await editor.confirm();
    assert.equal(
      (await editor.node('w1')).wires?.filter(([target]) => target === 'probe-x').length,
      ports.length,
    );
  });

  it('shows and copies the address for all topics and the one of each', async () => {
    const editor = await suite.open([
      tab,
      config,
      webhook({ topics: ['order.created'], outputs: 2, wires: [[], []] }),
    ]);
    await editor.openDialog('w1');
    const url = (name: string) => editor.page.locator(`#onegevity-url-${name}`).inputValue();
    assert.equal(await url('global'), `${suite.nodeRed.url}/hook`);
    assert.equal(await url('order-created'), `${suite.nodeRed.url}/hook/order.created`);
    await editor.page.locator('#node-input-publicUrl').fill('https://hooks.example.org/');
    assert.equal(await url('global'), 'https://hooks.example.org/hook');
    await editor.page.getByRole('button', { name: 'Copy order.created' }).click();
    const copied = await editor.page.evaluate('navigator.clipboard.readText()');
    assert.equal(copied, 'https://hooks.example.org/hook/order.created');
    await editor.cancel();
  });

  it('warns of a path that another node has, until it is another path', async () => {
    const elsewhere: FlowNode = { id: 'off', type: 'tab', label: 'Off', disabled: true };
    const editor = await suite.open([
      tab,
      elsewhere,
      config,
      webhook({ wires: [[]] }),
      webhook({ id: 'w2', path: 'Taken/', y: 400, wires: [[]] }),
      webhook({ id: 'w3', path: '/free', d: true, y: 500, wires: [[]] }),
      webhook({ id: 'w4', path: '/free', z: 'off', wires: [[]] }),
      { id: 'in', type: 'http in', z: 'tab', url: '/form', method: 'post', x: 200, y: 600, wires: [[]] },
      { id: 'page', type: 'http in', z: 'tab', url: '/free', method: 'get', x: 200, y: 700, wires: [[]] },
    ]);
    await editor.openDialog('w1');
    const warnings = async (path: string): Promise<string[]> => {
      await editor.page.locator('#node-input-path').fill(path);
      return editor.notes('warning');
    };
    assert.deepEqual(await editor.notes('warning'), []);
    assert.match((await warnings('/taken')).join(), /Another node already uses this path/);
    assert.deepEqual(await warnings('/free'), []);
    assert.deepEqual(await warnings('/'), [], 'what has no path has not this one');
    assert.equal((await warnings('/form')).length, 1);
    await editor.cancel();
  });

  it('warns of what it would be to accept unsigned deliveries', async () => {
    const editor = await suite.open([tab, config, webhook({ wires: [[]] })]);
    await editor.openDialog('w1');
    assert.deepEqual(await editor.notes('danger'), []);
    await editor.page.getByText('Limits and security').click();
    await editor.page.getByLabel('Accept unsigned deliveries').check();
    assert.equal((await editor.notes('danger')).length, 1);
    await editor.confirm();
    assert.equal((await editor.node('w1')).acceptUnsigned, true);
  });
});

describe('the addresses in the dialog of the webhook node', function () {
  this.timeout(60_000);
  const suite = useEditor({ settings: { httpNodeRoot: '/api', httpAdminRoot: '/red' } });

  it('are below httpNodeRoot', async () => {
    const editor = await suite.open([tab, config, webhook({ wires: [[]] })], { path: '/red/' });
    await editor.openDialog('w1');
    const url = await editor.page.locator('#onegevity-url-global').inputValue();
    assert.equal(url, `${suite.nodeRed.url}/api/hook`);
    const { status } = await fetch(url, { method: 'POST', body: '{}' });
    assert.equal(status, 401);
    await editor.cancel();
  });
});
