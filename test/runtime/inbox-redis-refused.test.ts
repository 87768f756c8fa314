import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventBody, inboxCredentials, inboxFlow } from '../support/inbox-flow';
import { type NodeRed, type NodeRedOptions, startNodeRed } from '../support/node-red';
import { post } from '../support/webhook';

const packageRoot = join(__dirname, '../..');
const { name, dependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
  name: string;
  dependencies: Record<string, string>;
};

/** Puts this package and what it depends on into a user folder, and not the packages that it does not bring along. */
function install(userDir: string): void {
  const modules = join(userDir, 'node_modules');
  for (const part of ['dist', 'package.json'])
    cpSync(join(packageRoot, part), join(modules, name, part), { recursive: true });
  for (const dependency of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, dependency)), { recursive: true });
    symlinkSync(join(packageRoot, 'node_modules', dependency), join(modules, dependency), 'dir');
  }
  const project = {
    name: 'node-red-project',
    version: '0.0.1',
    private: true,
    dependencies: { [name]: '*' },
  };
  writeFileSync(join(userDir, 'package.json'), JSON.stringify(project));
}

describe('a webhook node whose inbox in Redis cannot be made, on a real Node-RED', () => {
  let userDir: string;
  let nodeRed: NodeRed;

  beforeEach(() => (userDir = mkdtempSync(join(tmpdir(), 'onegevity-redis-refused-'))));
  afterEach(async () => {
    await nodeRed.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function refuses(redisUrl: string, text: string, log: RegExp, options: NodeRedOptions = {}) {
    nodeRed = await startNodeRed({
      flows: inboxFlow({ inbox: 'redis' }),
      credentials: { config: { ...inboxCredentials.config, redisUrl } },
      userDir,
      ...options,
    });
    const status = await nodeRed.waitForStatus('hook', (shown) => shown.text === text);
    assert.equal(status.fill, 'red');
    assert.match(nodeRed.log, log);
    assert.equal((await post(`${nodeRed.url}/hook/order.created`, eventBody(1))).status, 503);
    assert.deepEqual(nodeRed.messages, []);
  }

  it('says how to install the Redis client where it is missing, and refuses events', async () => {
    install(userDir);
    await refuses('redis://127.0.0.1:9', 'redis not installed', /npm install redis@6/, {
      linkPackage: false,
    });
  });

  it('says that the address is none, without quoting it, and refuses events', async () => {
    await refuses('clinic.internal:6379', 'bad Redis URL', /The Redis URL is missing/);
    assert.doesNotMatch(nodeRed.log, /clinic\.internal/);
  });
});
