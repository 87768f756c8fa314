import assert from 'node:assert/strict';
import { tab, useEditor } from '../support/editor-suite';
import { json, TestServer } from '../support/http-server';
import type { FlowNode } from '../support/node-red';

const prefix = '#node-config-input-';

function user(config: string): FlowNode {
  return {
    id: 'n1',
    type: 'onegevity-order',
    z: 'tab',
    config,
    operation: 'createPatientOrder',
    x: 200,
    y: 200,
    wires: [[]],
  };
}

describe('the dialog of the config node', function () {
  this.timeout(60_000);
  const suite = useEditor({ env: { ONEGEVITY_TEST_ID: 'from-variable' } });
  let server: TestServer;
  before(async () => {
    server = await TestServer.start();
  });
  after(() => server?.stop());
  beforeEach(() => {
    server.requests.length = 0;
    server.answers = [json(200, { packages: [] })];
    server.token = json(200, { access_token: 't', expires_in: 3600, scope: 'packages_read patients_read' });
  });

  const config = (more: object = {}): FlowNode => ({ id: 'c1', type: 'onegevity-config', ...more });
  const open = async (more: object = {}) => {
    const editor = await suite.open([tab, config(more), user('c1')]);
    await editor.openDialog('c1');
    return editor;
  };
  const test = async () => {
    const { page } = suite.editor;
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.waitForSelector(
      '#onegevity-test-result .onegevity-success, #onegevity-test-result .onegevity-danger',
    );
    return (await page.locator('#onegevity-test-result').textContent()) ?? '';
  };

  it('shows the root, and production unmistakably: in the dialog and on every node', async () => {
    const editor = await open({ environment: 'staging' });
    assert.match((await editor.notes()).join(' '), /https:\/\/staging-api\.onegevity\.com/);
    assert.deepEqual(await editor.notes('danger'), []);
    await editor.page.locator(`${prefix}environmentChoice`).selectOption('production');
    assert.match((await editor.notes('danger')).join(' '), /PRODUCTION.*https:\/\/api\.onegevity\.com/);
    await editor.confirm();
    assert.equal((await editor.node('c1')).environment, 'production');
    const label = await editor.page.waitForFunction(
      `(document.querySelector('#n1 .red-ui-flow-node-label')?.textContent ?? '').match(/.*PRODUCTION.*/)?.[0]`,
    );
    assert.match((await label.jsonValue()) as string, /^Create order.*PRODUCTION/);
  });

  it('tries credentials before Deploy and shows scopes and expiry', async () => {
    const editor = await open({ environment: 'custom', baseUrl: server.url });
    await editor.page.locator(`${prefix}clientId`).fill('id');
    await editor.page.locator(`${prefix}clientSecret`).fill('secret');
    const text = await test();
    assert.match(text, /Connected.*packages_read patients_read.*60 minutes/s);
    assert.match(text, /didn't grant these scopes: surveys_read patients_write/);
    assert.equal(
      server.requests[0]?.headers.authorization,
      `Basic ${Buffer.from('id:secret').toString('base64')}`,
    );
    await editor.cancel();
  });

  it('says in plain words what is wrong', async () => {
    const editor = await open({ environment: 'custom', baseUrl: server.url });
    assert.match(await test(), /client ID or the client secret is missing \(clientId\)/);
    await editor.page.locator(`${prefix}clientId`).fill('id');
    await editor.page.locator(`${prefix}clientSecret`).fill('wrong');
    server.token = json(401, { error: 'invalid_client' });
    assert.match(await test(), /endpoint rejected the client ID or the client secret/);
    server.token = json(400, { error: 'invalid_scope' });
    assert.match(await test(), /rejected the scopes/);
    await editor.page.locator(`${prefix}baseUrl`).fill('http://127.0.0.1:9');
    assert.match(await test(), /Connection refused by the server/);
    await editor.cancel();
  });

  it('works without credentials in the sandbox', async () => {
    const editor = await open({ environment: 'sandbox' });
    assert.match(await test(), /Connected/);
    await editor.cancel();
  });

  it('points out spaces around a secret and variables that are not set', async () => {
    const editor = await open({ environment: 'staging' });
    const secret = editor.page.locator(`${prefix}clientSecret`);
    await secret.fill('pasted ');
    assert.match((await editor.notes('warning')).join(' '), /space or a line break/);
    await secret.fill('${ONEGEVITY_TEST_MISSING}');
    await editor.page.waitForSelector('.onegevity-warning:has-text("ONEGEVITY_TEST_MISSING is not set")');
    await secret.fill('${ONEGEVITY_TEST_ID}');
    await editor.page.waitForSelector('.onegevity-info:has-text("ONEGEVITY_TEST_ID")');
    await secret.fill('my ${ONEGEVITY_TEST_ID}');
    assert.match((await editor.notes('warning')).join(' '), /whole value/);
    await editor.cancel();
  });

  it('shows which scopes result, and saves a list of your own', async () => {
    const editor = await open({ environment: 'staging', scopes: 'minimal' });
    assert.match((await editor.notes()).join(' '), /need: patients_write\./);
    await editor.page.locator(`${prefix}scopesChoice`).selectOption('default');
    assert.match((await editor.notes()).join(' '), /packages_read surveys_read.*Fulfillment needs/s);
    await editor.page.locator(`${prefix}scopesChoice`).selectOption('list');
    await editor.page.locator(`${prefix}scopesList`).fill('fulfillment patients_read');
    assert.doesNotMatch((await editor.notes()).join(' '), /Fulfillment needs/);
    await editor.confirm();
    assert.equal((await editor.node('c1')).scopes, 'fulfillment patients_read');
    await editor.openDialog('c1');
    assert.equal(await editor.page.locator(`${prefix}scopesList`).inputValue(), 'fulfillment patients_read');
    await editor.cancel();
  });

  it('keeps an environment variable as the environment', async () => {
    const editor = await open({ environment: '${ONEGEVITY_ENVIRONMENT}' });
    assert.equal(await editor.page.locator(`${prefix}environmentChoice`).inputValue(), 'variable');
    await editor.confirm();
    assert.equal((await editor.node('c1')).environment, '${ONEGEVITY_ENVIRONMENT}');
  });

  it('generates a key of 32 bytes for the inbox', async () => {
    const editor = await open({ environment: 'sandbox' });
    await editor.page.locator('summary', { hasText: 'Durable inbox' }).click();
    await editor.page.getByRole('button', { name: 'Generate' }).click();
    const key = await editor.page.locator(`${prefix}inboxKey`).inputValue();
    assert.equal(Buffer.from(key, 'base64').length, 32);
    await editor.cancel();
  });

  it('takes all properties of a flow and gives them back unchanged', async () => {
    const full = {
      name: 'Clinic',
      environment: 'custom',
      baseUrl: 'https://api.example.org',
      scopes: 'none',
      clientAuth: 'form',
      tokenPath: '/token',
      timeout: '5000',
      concurrency: '4',
      rate: '2',
      tls: '',
      proxy: '',
      redisTls: '',
      version: 1,
    };
    const editor = await open(full);
    await editor.confirm();
    const { credentials, z, ...saved } = await editor.node('c1');
    assert.deepEqual(saved, config(full));
  });
});
