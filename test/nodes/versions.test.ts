import assert from 'node:assert/strict';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { Migrations } from '../../src/lib/migrations';
import config from '../../src/nodes/onegevity-config';
import done from '../../src/nodes/onegevity-done';
import order from '../../src/nodes/onegevity-order';
import request from '../../src/nodes/onegevity-request';
import uiKit from '../../src/nodes/onegevity-ui-kit';
import webhook from '../../src/nodes/onegevity-webhook';
import { registerNode } from '../../src/nodes/shared/register-node';
import { helper, useHelper } from '../support/helper';

const tab = { id: 'tab', type: 'tab' };
const node = (id: string, type: string, properties: Record<string, unknown>) => ({
  id,
  type,
  z: 'tab',
  ...properties,
});
const account = (properties: Record<string, unknown> = {}) => ({
  id: 'c',
  type: 'onegevity-config',
  environment: 'sandbox',
  ...properties,
});

interface Failure {
  code?: string;
}

/** @returns the error that a message to the node ends with */
function failureOf(id: string): Promise<Failure | undefined> {
  const target = helper.getNode(id) as unknown as {
    receive(msg: object): void;
    _complete(msg: object, error?: Failure): void;
  };
  return new Promise((resolve) => {
    target._complete = (_, error) => resolve(error);
    target.receive({ payload: {} });
  });
}

describe('a flow of another version of the package', () => {
  useHelper();

  it('is brought to the current shape before the node reads it', async () => {
    const table: Migrations = {
      'made-up': [(saved) => ({ ...saved, greeting: `Hello ${String(saved.who)}` })],
    };
    const read: unknown[] = [];
    const madeUp = (RED: NodeAPI) => {
      const build = (_: NodeAPI, node: Node, def: NodeDef & { greeting?: string; version?: number }) => {
        read.push([node.id, def.greeting, def.version]);
      };
      registerNode(RED, 'made-up', () => build, table);
    };
    await helper.load(madeUp, [
      tab,
      node('old', 'made-up', { who: 'Ada' }),
      node('new', 'made-up', { greeting: 'Hi', version: 2 }),
    ]);
    assert.deepEqual(read, [
      ['old', 'Hello Ada', 2],
      ['new', 'Hi', 2],
    ]);
  });

  for (const type of ['order', 'request', 'webhook', 'done', 'ui-kit']) {
    it(`is refused by a newer ${type} node, in red and for each message`, async () => {
      const newer = node('n', `onegevity-${type}`, { config: 'c', version: 2 });
      await helper.load([config, order, request, webhook, done, uiKit], [tab, account(), newer]);
      const { status } = helper.getNode('n') as unknown as { status: { lastCall: { firstArg: object } } };
      assert.deepEqual(status.lastCall.firstArg, {
        fill: 'red',
        shape: 'ring',
        text: '@lowcode-health/node-red-onegevity/onegevity-config:status.newer_flow',
      });
      assert.equal((await failureOf('n'))?.code, 'newer_flow');
    });
  }

  it('is refused by every node of a newer account', async () => {
    const fields = { patientIdentifier: { type: 'str', value: 'P-1' } };
    const list = node('n', 'onegevity-order', { config: 'c', operation: 'listPatientOrders', fields });
    await helper.load([config, order], [tab, account({ version: 2 }), list]);
    assert.equal((await failureOf('n'))?.code, 'newer_flow');
  });
});
