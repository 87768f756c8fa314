import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventBody, inboxCredentials, inboxFlow } from '../support/inbox-flow';
import { type NodeRed, type NodeRedOptions, startNodeRed } from '../support/node-red';
import { post } from '../support/webhook';

const packageRoot = join(__dirname, '../..');
const { dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  dependencies: Record<string, string>;
};

/** Copies this package with what it depends on, and without the packages that it does not bring along. */
function copyPackage(folder: string, without?: string): void {
  for (const part of ['dist', 'package.json'])
    cpSync(join(packageRoot, part), join(folder, part), { recursive: true });
  for (const dependency of Object.keys(dependencies).filter((name) => name !== without)) {
    const link = join(folder, 'node_modules', dependency);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(packageRoot, 'node_modules', dependency), link, 'dir');
  }
}

describe('a webhook node whose inbox cannot be made, on a real Node-RED', () => {
  let nodeRed: NodeRed | undefined;
  let packageFolder: string | undefined;

  afterEach(async () => {
    await nodeRed?.stop();
    if (packageFolder) rmSync(packageFolder, { recursive: true });
    nodeRed = packageFolder = undefined;
  });

  async function refuses(
    redisUrl: string | undefined,
    text: string,
    log: RegExp,
    options: NodeRedOptions = {},
  ) {
    nodeRed = await startNodeRed({
      flows: inboxFlow({ inbox: redisUrl === undefined ? 'disk' : 'redis' }),
      credentials: {
        config: { ...inboxCredentials.config, ...(redisUrl === undefined ? {} : { redisUrl }) },
      },
      ...options,
    });
    const status = await nodeRed.waitForStatus('hook', (shown) => shown.text === text);
    assert.equal(status.fill, 'red');
    assert.match(nodeRed.log, log);
    assert.equal((await post(`${nodeRed.url}/hook/order.created`, eventBody(1))).status, 503);
    assert.deepEqual(nodeRed.messages, []);
    return nodeRed;
  }

  it('says how to install the Redis client where it is missing, and refuses events', async () => {
    packageFolder = mkdtempSync(join(tmpdir(), 'onegevity-without-redis-'));
    copyPackage(packageFolder);
    const options = { packageFolder };
    await refuses('redis://127.0.0.1:9', 'redis not installed', /npm install redis@6/, options);
  });

  it('says how to build the native module of the inbox on disk where it is missing, and refuses events', async () => {
    packageFolder = mkdtempSync(join(tmpdir(), 'onegevity-without-level-'));
    copyPackage(packageFolder, 'classic-level');
    await refuses(undefined, 'module missing', /npm rebuild classic-level/, { packageFolder });
  });

  it('says that the address is none, without quoting it, and refuses events', async () => {
    const { log } = await refuses('clinic.internal:6379', 'bad Redis URL', /The Redis URL is missing/);
    assert.doesNotMatch(log, /clinic\.internal/);
  });
});
