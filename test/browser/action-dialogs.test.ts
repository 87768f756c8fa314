import assert from 'node:assert/strict';
import { bodyForms } from '../../src/generated/body-forms';
import { operations } from '../../src/generated/operations';
import { typeOf } from '../../src/editor/lib/operations';
import type { BodyMember, Operation, OperationParameter } from '../../src/lib/api/operation';
import { tab, useEditor } from '../support/editor-suite';
import type { FlowNode } from '../support/node-red';

const tags = new Set(Object.values<Operation>(operations).map(({ tag }) => tag));
const config: FlowNode = { id: 'c1', type: 'onegevity-config', name: '', environment: 'sandbox', version: 1 };

const typed = { mode: 'typed', type: 'msg', value: 'payload', fields: {} };

function action(operation: Operation, more: object = {}): FlowNode {
  return {
    id: 'n1',
    type: typeOf(operation.tag),
    z: 'tab',
    name: '',
    config: 'c1',
    operation: operation.id,
    fields: {},
    body: typed,
    ...(operation.tag === 'orders' ? { patientMustExist: false } : {}),
    output: 'payload',
    paging: 'single',
    pageSize: '',
    maxPages: '',
    version: 1,
    x: 300,
    y: 200,
    wires: [[]],
    ...more,
  };
}

/** A value as a dialog would save it, different from the default. */
function sample({ schema }: Pick<OperationParameter, 'schema'>): { type: string; value: string } {
  if (schema.enum) return { type: 'str', value: schema.enum[1] ?? '' };
  if (schema.items?.enum) return { type: 'json', value: JSON.stringify(schema.items.enum.slice(0, 2)) };
  switch (schema.type) {
    case 'integer':
    case 'number':
      return { type: 'num', value: '7' };
    case 'boolean':
      return { type: 'bool', value: 'false' };
    case 'array':
    case 'object':
      return { type: 'json', value: '[{"a":1}]' };
    default:
      return { type: 'str', value: schema.format === 'date' ? '1980-02-29' : 'a value' };
  }
}

function samplesOf(members: readonly BodyMember[], above = ''): [string, { type: string; value: string }][] {
  return members.flatMap((member) =>
    member.members
      ? samplesOf(member.members, `${above}${member.name}.`)
      : [[above + member.name, sample(member)]],
  );
}

describe('the dialog of a node that calls the API', function () {
  this.timeout(60_000);
  const suite = useEditor();
  const open = (node: FlowNode) => suite.open([tab, config, node]);

  for (const tag of tags) {
    it(`shows the fields of each operation of ${tag}, saves them and shows them again`, async () => {
      const offered = Object.values<Operation>(operations).filter((operation) => operation.tag === tag);
      const nodes = offered.map((operation) => {
        const fields = Object.fromEntries(operation.parameters.map((each) => [each.name, sample(each)]));
        const members = operation.body && bodyForms[operation.body.schema];
        const body = members
          ? { ...typed, mode: 'form', fields: Object.fromEntries(samplesOf(members)) }
          : typed;
        return action(operation, { id: `n-${operation.id}`, fields, body });
      });
      const editor = await suite.open([tab, config, ...nodes]);
      for (const [index, operation] of offered.entries()) {
        const id = `n-${operation.id}`;
        await editor.openDialog(id);
        const shown = await editor.page.$$eval('[id^="node-input-field-"]', (found) =>
          found.map((each) => each.id),
        );
        const expected = operation.parameters.map(({ name }) => `node-input-field-${name}`);
        assert.deepEqual(shown.sort(), expected.sort(), operation.id);
        await editor.confirm();
        assert.deepEqual(await editor.node(id), nodes[index]);
      }
    });
  }

  it('leaves a node that uses the default places as it was', async () => {
    const node = action(operations.activateKit);
    const editor = await open(node);
    await editor.openDialog('n1');
    assert.deepEqual(await editor.typed('node-input-field-orderIdentifier'), {
      type: 'msg',
      value: 'payload.orderIdentifier',
    });
    await editor.confirm();
    assert.deepEqual(await editor.node('n1'), node);
    assert.equal(await editor.page.evaluate('RED.nodes.dirty()'), false);
  });

  it('keeps what was entered when the operation changes and changes back', async () => {
    const editor = await open(action(operations.patientOrderDetails));
    await editor.openDialog('n1');
    await editor.chooseType('node-input-field-patientIdentifier', 'text');
    await editor.fill('node-input-field-patientIdentifier', 'P-1');
    await editor.chooseType('node-input-field-orderIdentifier', 'previous step');
    const choice = editor.page.locator('#node-input-operation');
    await choice.selectOption('createPatientOrder');
    assert.deepEqual(await editor.typed('node-input-field-patientIdentifier'), { type: 'str', value: 'P-1' });
    await editor.page.locator('#node-input-bodyMode').selectOption('form');
    await editor.fill('node-input-body-notes', 'a note');
    await choice.selectOption('updatePatientOrder');
    assert.equal(
      (await editor.typed('node-input-field-orderIdentifier')).type,
      'msg',
      'never guessed for a write',
    );
    await choice.selectOption('createPatientOrder');
    assert.equal((await editor.typed('node-input-body-notes')).value, 'a note');
    await choice.selectOption('patientOrderDetails');
    assert.equal((await editor.typed('node-input-field-orderIdentifier')).type, 'previous');
    await editor.confirm();
    const saved = await editor.node('n1');
    assert.deepEqual(saved.fields, {
      patientIdentifier: { type: 'str', value: 'P-1' },
      orderIdentifier: { type: 'previous', value: '' },
    });
    assert.deepEqual(saved.body, typed);
  });

  it('enters choices, truth values and dates as such', async () => {
    const editor = await open(action(operations.createPatient));
    await editor.openDialog('n1');
    await editor.page.locator('#node-input-bodyMode').selectOption('form');
    await editor.chooseOption('node-input-body-gender', 'FEMALE');
    await editor.fill('node-input-body-dateOfBirth', '1980-02-29');
    await editor.confirm();
    assert.deepEqual((await editor.node('n1')).body, {
      ...typed,
      mode: 'form',
      fields: {
        dateOfBirth: { type: 'str', value: '1980-02-29' },
        gender: { type: 'str', value: 'FEMALE' },
      },
    });
    await editor.openDialog('n1');
    assert.deepEqual(await editor.typed('node-input-body-gender'), { type: 'choice', value: 'FEMALE' });
    await editor.chooseOption('node-input-body-gender', '(not set)');
    await editor.confirm();
    const body = (await editor.node('n1')).body as { fields: object };
    assert.deepEqual(Object.keys(body.fields), ['dateOfBirth']);
  });

  it('marks a required field that is empty, and the node', async () => {
    const editor = await open(action(operations.patientDetails));
    await editor.openDialog('n1');
    await editor.chooseType('node-input-field-patientIdentifier', 'text');
    await editor.fill('node-input-field-patientIdentifier', '');
    await editor.page.waitForSelector('#node-input-field-patientIdentifier ~ .input-error');
    await editor.confirm();
    assert.equal(await editor.page.evaluate(`RED.nodes.node('n1').valid`), false);
  });

  it('says what an operation does, its scope and how well it is known', async () => {
    const editor = await open(action(operations.submitPatientSurvey));
    await editor.openDialog('n1');
    const text = (await editor.notes()).join(' ');
    assert.match(text, /changes data.*patients_write.*presumed.*not documented/);
  });

  it('offers the packages of the account, and takes any other', async () => {
    const editor = await open(action(operations.packageDetails));
    await editor.openDialog('n1');
    await editor.chooseType('node-input-field-packageIdentifier', 'text');
    const placed = await editor.typed('node-input-field-packageIdentifier');
    assert.equal(placed.value, '', 'a place is no identifier');
    await editor.page.getByRole('button', { name: 'Open an editor for Package' }).click();
    const first = editor.page.locator('.red-ui-autoComplete-container a').first();
    const label = (await first.textContent()) ?? '';
    await first.click();
    const { value } = await editor.typed('node-input-field-packageIdentifier');
    assert.ok(value !== '' && label.includes(value), label);
    await editor.fill('node-input-field-packageIdentifier', 'of my own');
    await editor.confirm();
    const fields = { packageIdentifier: { type: 'str', value: 'of my own' } };
    assert.deepEqual((await editor.node('n1')).fields, fields);
  });

  it('evaluates in the flow what was entered in the dialog', async () => {
    const inject = {
      id: 'go',
      type: 'inject',
      z: 'tab',
      props: [{ p: 'payload' }],
      repeat: '',
      crontab: '',
      once: false,
      onceDelay: 0.1,
      payload: '{"who":"id-1"}',
      payloadType: 'json',
      x: 100,
      y: 200,
      wires: [['n1']],
    };
    const probe = { id: 'out', type: 'test-probe', z: 'tab', label: 'out', x: 500, y: 200, wires: [[]] };
    const caught = {
      id: 'bad',
      type: 'catch',
      z: 'tab',
      scope: null,
      uncaught: false,
      x: 100,
      y: 300,
      wires: [['out']],
    };
    const node = { ...action(operations.createPatient), wires: [['out']] };
    const editor = await suite.open([tab, config, inject, node, probe, caught]);
    await editor.openDialog('n1');
    await editor.page.locator('#node-input-bodyMode').selectOption('form');
    await editor.chooseType('node-input-body-patientIdentifier', 'expression');
    await editor.fill('node-input-body-patientIdentifier', '"made-" & payload.who');
    await editor.fill('node-input-body-firstName', 'Ada');
    await editor.fill('node-input-body-lastName', 'Test');
    await editor.chooseOption('node-input-body-gender', 'FEMALE');
    await editor.fill('node-input-body-dateOfBirth', '1980-02-29');
    await editor.confirm();
    assert.deepEqual(await suite.nodeRed.deployed(() => editor.deploy()), []);
    await suite.nodeRed.evaluate(`RED.nodes.getNode('go').receive({})`);
    const [{ msg } = { msg: undefined }] = await suite.nodeRed.waitForMessages('out');
    assert.equal(msg.error, undefined);
    assert.equal(msg.payload.patientIdentifier, 'made-id-1');
    assert.equal(msg.payload.gender, 'FEMALE');
  });
});
