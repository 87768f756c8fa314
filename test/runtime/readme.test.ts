import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startNodeRed, type NodeRed } from '../support/node-red';

const root = join(__dirname, '../..');

/** The commands that a page says are run here. */
function commandsOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  const block = /<!-- run by test\/runtime\/readme\.test\.ts -->\s*```sh\n(.*?)```/s.exec(text)?.[1] ?? '';
  return block.replace(/^ {3}/gm, '');
}

const commands = commandsOf('README.md');

const flows = [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'account', type: 'onegevity-config', environment: 'staging' },
  {
    id: 'hook',
    type: 'onegevity-webhook',
    z: 'tab',
    config: 'account',
    path: '/onegevity/webhook',
    topics: ['order.created'],
    wires: [['probe'], []],
  },
  { id: 'probe', type: 'test-probe', z: 'tab', label: 'order.created', wires: [[]] },
];

describe('The way to a first webhook', () => {
  let nodeRed: NodeRed;
  before(async () => {
    nodeRed = await startNodeRed({ flows, credentials: { account: { webhookSecret: 'try-it' } } });
  });
  after(() => nodeRed.stop());

  const run = async (script: string): Promise<string> => {
    const here = script.replace('http://127.0.0.1:1880', nodeRed.url);
    assert.notEqual(here, script);
    return (await promisify(execFile)('bash', ['-euc', here])).stdout;
  };

  it('of the README signs an event by openssl, sends it by curl, and it arrives', async () => {
    assert.match(await run(commands), /^HTTP\/1\.1 200 /);
    const [{ msg } = { msg: undefined }] = await nodeRed.waitForMessages('order.created');
    assert.deepEqual(msg.payload, {
      id: 1519348,
      orderIdentifier: 'O13988',
      patientIdentifier: 'PO37011',
    });
    assert.equal(msg.onegevity.verified, true);
  });

  it('of the README answers 401 when one character of the body is changed after signing', async () => {
    const before = nodeRed.messages.length;
    const changed = commands.replace('-d "$body"', '-d "${body/O13988/O13989}"');
    assert.notEqual(changed, commands);
    assert.match(await run(changed), /^HTTP\/1\.1 401 /);
    assert.equal(nodeRed.messages.length, before);
  });

  it('of the webhook guide signs and posts an event by onegevity-sign, and it arrives', async () => {
    const before = nodeRed.messages.length;
    const sign = join(root, 'dist/cli/sign.js');
    const guide = commandsOf('docs/how-to/receive-webhooks.md');
    const here = guide.replace('npx --no onegevity-sign --', `'${process.execPath}' '${sign}'`);
    assert.notEqual(here, guide);
    assert.match(await run(here), /^200 /);
    const messages = await nodeRed.waitForMessages('order.created', before + 1);
    assert.equal(messages.at(-1)?.msg.payload.id, 1);
  });
});
