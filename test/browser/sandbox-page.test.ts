import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import configNode from '../../src/nodes/onegevity-config';
import packageNode from '../../src/nodes/onegevity-package';
import { launchBrowser } from '../support/browser';
import { helper } from '../support/helper';
import { startNodeRed, type NodeRed } from '../support/node-red';
import { Receiver, SandboxUnderTest } from '../support/sandbox';

describe("The sandbox's page in a browser", function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let under: SandboxUnderTest;
  let receiver: Receiver;
  let complaints: string[];

  before(async () => {
    browser = await launchBrowser();
  });
  after(() => browser.close());
  beforeEach(async () => {
    receiver = await Receiver.start();
    under = await SandboxUnderTest.start({ retryDelays: [] });
    await open(under.url);
  });
  afterEach(async () => {
    await page.close();
    await under.close();
    await receiver.stop();
    assert.deepEqual(complaints, []);
  });

  const open = async (url: string): Promise<void> => {
    complaints = [];
    page = await browser.newPage();
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    // The page needs nothing but the sandbox.
    await page.route('**', (route) =>
      route.request().url().startsWith(new URL(url).origin) ? route.continue() : route.abort(),
    );
    await page.goto(url);
    await page.locator('.light.on').waitFor();
  };

  const order = (identifier: string): Locator => page.locator(`[data-order="${identifier}"]`);
  const press = (where: Locator, label: string): Promise<void> =>
    where.getByRole('button', { name: label, exact: true }).click();
  const delivery = (topic: string): Locator =>
    page.locator('#deliveries .entry', { has: page.locator('summary code', { hasText: topic }) });

  it('shows a new order as it is made, and moves it to its results', async () => {
    assert.equal(await order('O-1').count(), 0);
    await under.order('O-1');
    await order('O-1').waitFor();
    const first = page.locator('.patient').first();
    assert.equal(await first.getAttribute('data-patient'), 'P-1', 'what changed last is on top');
    await press(order('O-1'), 'Accept shipment');
    await press(order('O-1'), 'Ship');
    await order('O-1').locator('li.past', { hasText: 'shipped' }).waitFor();
    await press(order('O-1'), 'Activate kit');
    await press(order('O-1'), 'Release results');
    await order('O-1').getByText('complete', { exact: true }).waitFor();
    await order('O-1').getByText('Results: 1 report').waitFor();
    assert.equal((await under.api('GET', '/patients/P-1/orders/O-1')).body.completed, true);
  });

  it('watches an order run by itself', async () => {
    await page.close();
    await under.close();
    under = await SandboxUnderTest.start({ pace: 0.8 });
    await open(under.url);
    await under.order('O-1');
    await order('O-1').locator('li.now', { hasText: 'accepted' }).waitFor();
    await order('O-1').locator('li.past', { hasText: 'shipped' }).waitFor();
    await order('O-1').locator('li.now', { hasText: 'not activated' }).waitFor();
  });

  it('rejects a fulfillment, a sample and an appointment', async () => {
    await under.order('O-1', { packageIdentifier: 'STRESS-360' });
    await press(order('O-1'), 'Reject shipment');
    await order('O-1').getByText('rejected', { exact: true }).waitFor();
    await press(order('O-1'), 'Activate kit');
    await press(order('O-1'), 'Reject sample');
    await press(order('O-1'), 'Requisition lab visit');
    await press(order('O-1'), 'Schedule lab visit');
    await press(order('O-1'), 'Cancel appointment');
    await order('O-1').locator('li.now', { hasText: 'requisitioned' }).waitFor();
    const { body } = await under.api('GET', '/patients/P-1/orders/O-1');
    assert.deepEqual(
      (body.elements as { status: string }[]).map(({ status }) => status),
      ['NOT_ACTIVATED', 'REQUISITIONED', 'NOT_COMPLETED'],
    );
  });

  it('registers an endpoint with topics, shows the exact bytes, sends again and spoils, and removes it', async () => {
    await page.locator('#webhooks summary', { hasText: 'Register' }).click();
    await page.getByLabel('URL').fill(`${receiver.url}/hook`);
    await page.locator('.topics summary').click();
    await page.getByLabel('order.created').check();
    await press(page.locator('#webhooks'), 'Register');
    await page.locator('#webhooks .row', { hasText: '/hook' }).waitFor();
    await under.order('O-1');
    const [sent] = await receiver.received(1);
    await delivery('order.created').locator('summary').click();
    assert.equal(await delivery('order.created').locator('pre').textContent(), sent?.body.toString());
    await delivery('order.created').getByText(String(sent?.headers['x-onegevity-signature'])).waitFor();
    await press(delivery('order.created'), 'Send again');
    const again = (await receiver.received(2))[1];
    assert.deepEqual(again?.body, sent?.body);
    await press(delivery('order.created').last(), 'Wrong signature');
    const wrong = (await receiver.received(3))[2];
    assert.notEqual(wrong?.headers['x-onegevity-signature'], sent?.headers['x-onegevity-signature']);
    await press(delivery('order.created').last(), 'Changed byte');
    assert.notDeepEqual((await receiver.received(4))[3]?.body, sent?.body);
    await press(delivery('order.created').last(), 'Send twice');
    await receiver.received(6);
    await press(page.locator('#webhooks .row'), 'Remove');
    await page.getByText('None registered.').waitFor();
  });

  it('shows what was asked and answered', async () => {
    await under.order('O-1');
    const entry = page.locator('#requests .entry', { hasText: 'createPatientOrder' });
    await entry.locator('summary').click();
    await entry.locator('pre').first().waitFor();
    const shown = JSON.parse((await entry.locator('pre').first().textContent()) ?? '') as object;
    assert.equal((shown as { orderIdentifier: string }).orderIdentifier, 'O-1');
    assert.ok(!(await page.content()).includes(under.sandbox.clientSecret));
  });

  it('searches and turns pages', async () => {
    await page.getByText('Page 1 of 3').waitFor();
    await press(page.locator('#orders'), 'Next');
    await page.getByText('Page 2 of 3').waitFor();
    await page.getByPlaceholder('Search').fill('sb-000013');
    await page.getByText('Page 1 of 1').waitFor();
    assert.equal(await page.locator('.patient').count(), 1);
  });

  it('keeps what a person types and has opened while data move', async () => {
    under.sandbox.registerWebhook({ url: receiver.url });
    await page.locator('#faults summary').click();
    const skip = page.getByLabel('Let pass first');
    await skip.fill('3');
    await under.order('O-1');
    await order('O-1').waitFor();
    await delivery('order.created').locator('summary').click();
    await under.order('O-2');
    await order('O-2').waitFor();
    assert.equal(await skip.inputValue(), '3');
    assert.equal(await delivery('order.created').last().getAttribute('open'), '');
  });

  it('says what did not work, and that the sandbox has gone', async () => {
    under.sandbox.registerWebhook({ url: receiver.url });
    await under.order('O-1');
    await page.locator('#webhooks .row').waitFor();
    await order('O-1').waitFor();
    // Somebody else was quicker.
    await page.route('**/moves*', async (route) => {
      await under.control('POST', 'orders/O-1/release');
      await route.continue();
    });
    await press(order('O-1'), 'Reject shipment');
    await page.getByText('That did not work: This move is not possible now.').waitFor();
    await under.sandbox.close();
    await page.getByText('The sandbox does not answer. Trying again…').waitFor();
    complaints = complaints.filter((text) => !/ERR_CONNECTION|409|ERR_EMPTY/.test(text));
  });

  for (const [width, scheme] of [
    [1280, 'light'],
    [1280, 'dark'],
    [700, 'light'],
    [700, 'dark'],
  ] as const) {
    it(`fits into ${width} pixels and can be read (${scheme})`, async () => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: scheme });
      await page.locator('#faults summary').click();
      const overflow = await page.evaluate<string[]>(
        `[...document.querySelectorAll('main *')]
          .filter((element) => element.getBoundingClientRect().right > innerWidth)
          .map((element) => element.outerHTML.slice(0, 80))`,
      );
      assert.deepEqual(overflow, []);
      const folder = process.env.SCREENSHOTS;
      if (folder) {
        mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: join(folder, `sandbox-${width}-${scheme}.png`), fullPage: true });
      }
    });
  }

  it('sets a fault, and a flow reacts', async () => {
    await page.locator('#faults summary').click();
    await page.getByLabel('What goes wrong').selectOption('status');
    await page.getByLabel('Operation').selectOption('packageDetails');
    await page.getByLabel('status (status code)').fill('418');
    await press(page.locator('#faults'), 'Set fault');
    const row = page.locator('[data-fault="status"]');
    await row.waitFor();
    await runFlow(under, async (receive) => {
      assert.equal(await receive(), 'caught');
      await row.waitFor({ state: 'detached' });
      assert.equal(await receive(), 'out');
    });
    await page.locator('#requests .badge.bad', { hasText: '418' }).waitFor();
  });

  it('needs the token in its URL where other computers can connect, and says so', async () => {
    await page.close();
    await under.close();
    under = await SandboxUnderTest.start({ host: '0.0.0.0' });
    await open(`${under.url}/#token=${under.sandbox.controlToken}`);
    await page.locator('.patient').first().waitFor();
    await page.close();
    page = await browser.newPage();
    await page.goto(under.url);
    await page.getByText('Open this page by the URL that the sandbox printed').waitFor();
    assert.equal(await page.locator('.patient').count(), 0);
  });
});

/** Runs a flow that reads a package from the sandbox, as a custom environment. */
async function runFlow(
  under: SandboxUnderTest,
  use: (receive: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const { clientId, clientSecret, url } = under.sandbox;
  await new Promise<void>((resolve) => void helper.startServer(resolve));
  try {
    const catchNode = (await import('node:module')).createRequire(__filename)(
      '@node-red/nodes/core/common/25-catch.js',
    ) as typeof configNode;
    await helper.load(
      [configNode, packageNode, catchNode],
      [
        { id: 'tab', type: 'tab', label: 'tab' } as never,
        { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: url } as never,
        {
          id: 'n',
          z: 'tab',
          type: 'onegevity-package',
          config: 'c',
          operation: 'packageDetails',
          wires: [['out']],
        } as never,
        { id: 'out', z: 'tab', type: 'helper', wires: [] },
        { id: 'catcher', z: 'tab', type: 'catch', scope: ['n'], wires: [['caught']] } as never,
        { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ],
      { c: { clientId, clientSecret } },
    );
    let arrived: (id: string) => void = () => undefined;
    for (const id of ['out', 'caught']) helper.getNode(id).on('input', () => arrived(id));
    await use(() => {
      const next = new Promise<string>((resolve) => (arrived = resolve));
      helper.getNode('n').receive({ payload: { packageIdentifier: 'BIO-AGE' } });
      return next;
    });
  } finally {
    await helper.unload();
    await new Promise<void>((resolve) => void helper.stopServer(resolve));
  }
}

describe("The sandbox's page behind the editor's login", function () {
  this.timeout(60_000);
  let browser: Browser;
  let nodeRed: NodeRed;

  before(async () => {
    browser = await launchBrowser();
    // The bcrypt hash of "password".
    const password = '$2b$04$iGQwJzxe5Rp4pj.vRANgIuaBqiQ9tpAg44D5up7Vrw6iNfE/o7lCW';
    const users = [{ username: 'editor', password, permissions: '*' }];
    const adminAuth = { type: 'credentials', users };
    const flows = [
      { id: 'tab', type: 'tab', label: 'Test' },
      { id: 'config', type: 'onegevity-config', environment: 'sandbox' },
    ];
    nodeRed = await startNodeRed({ flows, settings: { adminAuth, httpAdminRoot: '/red' } });
  });
  after(async () => {
    await browser.close();
    await nodeRed.stop();
  });

  it("asks to log in, and takes the editor's own token", async () => {
    const context = await browser.newContext();
    let page = await context.newPage();
    page.setDefaultTimeout(10_000);
    await page.goto(`${nodeRed.url}/red/onegevity/sandbox`);
    await page.getByText('Log in to the Node-RED editor in this browser').waitFor();
    await page.goto(`${nodeRed.url}/red/`);
    await page.locator('#node-dialog-login-username').fill('editor');
    await page.locator('#node-dialog-login-password').fill('password');
    await page.locator('#node-dialog-login-submit').click();
    await page.locator('#red-ui-header-button-deploy').waitFor();
    // The config node's dialog leads to it.
    await page.waitForFunction("window.RED?.nodes?.node('config')");
    await page.evaluate("RED.editor.editConfig('', 'onegevity-config', 'config')");
    const link = page.getByRole('link', { name: 'Open the sandbox page' });
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
    page = opened;
    page.setDefaultTimeout(10_000);
    await page.locator('[data-order="SB-000002-O1"]').waitFor();
    await page
      .locator('[data-order="SB-000002-O1"]')
      .getByRole('button', { name: 'Release results' })
      .click();
    await page.locator('[data-order="SB-000002-O1"]').getByText('complete', { exact: true }).waitFor();
    await context.close();
  });
});
