import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import type { NodeRed } from '../support/node-red';
import { Portal, startPortal } from '../support/portal';

interface Audit {
  event: string;
  reason?: string;
  patientIdentifier?: string;
}

describe("the patient portal, with the vendor's UI-Kit unchanged", function () {
  this.timeout(60_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  let portal: Portal;

  before(async () => {
    [browser, nodeRed] = await Promise.all([launchBrowser(), startPortal()]);
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
  });
  beforeEach(async () => {
    nodeRed.messages.length = 0;
    portal = await Portal.open(browser, nodeRed);
  });
  afterEach(async () => {
    const { faults } = portal;
    await portal.close();
    assert.deepEqual(faults, []);
  });

  const arrived = async (label: string): Promise<Record<string, unknown>> =>
    (await nodeRed.waitForMessages(label))[0]!.msg.payload as Record<string, unknown>;
  const audit = async (count = 1): Promise<Audit> =>
    (await nodeRed.waitForMessages('Audit', count))[count - 1]!.msg.payload as Audit;

  it('shows no page to somebody without a login', async () => {
    await portal.login('ana', 'wrong');
    await portal.page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
    assert.equal(await portal.page.locator('#portal').count(), 0);
    assert.deepEqual([portal.calls, nodeRed.messages], [[], []]);
  });

  it('says what is missing where the UI-Kit is not installed', async () => {
    // As the node answers then.
    await portal.page.route('**/ui-kit.mjs', (route) =>
      route.fulfill({ status: 404, json: { error: 'not_installed' } }),
    );
    await portal.login('ana');
    await portal.page.getByRole('alert').getByText('npm install @onegevity/ui-kit').waitFor();
  });

  it('obtains a token by authorization code and lists the orders', async () => {
    await portal.login('ana');
    await portal.row('Gut Balance').waitFor();
    assert.deepEqual(portal.calls, ['GET /patients/SB-000001/orders']);
    const { event, patientIdentifier } = await audit();
    assert.deepEqual([event, patientIdentifier], ['issued', 'SB-000001']);
    const token = await portal.page.evaluate<string>(`sessionStorage.getItem('_ogapi-access-token')`);
    assert.ok(token.length > 20);
    assert.ok(!nodeRed.log.includes(token) && !JSON.stringify(nodeRed.messages).includes(token));
  });

  it("keeps the browser's same-origin policy on all the while", async () => {
    await portal.login('ana');
    const { ogBasePath } = await portal.freshPage('ana');
    const read = (path: string) =>
      portal.page.evaluate<string>(
        `fetch(${JSON.stringify(ogBasePath + path)}).then((answer) => 'status ' + answer.status, () => 'blocked')`,
      );
    assert.equal(await read('/sandbox/deliveries'), 'blocked');
    assert.equal(await read('/oauth/token'), 'blocked');
    assert.equal(await read('/api/v1/packages'), 'status 401');
  });

  it('makes an order by an activation code, and its webhooks arrive in the flow', async () => {
    await portal.login('ana');
    await portal.page.getByText('Activate Test', { exact: true }).click();
    await portal.field('Activation Code').pressSequentially('thabcd');
    assert.equal(await portal.field('Activation Code').inputValue(), 'TH-ABCD');
    assert.match(await portal.field('Date of birth').inputValue(), /^\d\d\/\d\d\/\d{4}$/);
    for (const [label, value] of Object.entries({
      Email: 'ana@example.com',
      'Address line 1': '1 Example Street',
      City: 'Sampleton',
      'Postal code': '10001',
      'Phone number': '212-555-0100',
    })) {
      await portal.field(label).fill(value);
    }
    await portal.choose('Country', 'United States');
    // The UI-Kit offers neither New Jersey nor New York.
    await portal.choose('Region', 'Texas');
    await portal.button('Activate Now').click();
    await portal.page.getByText('Activate Test', { exact: true }).waitFor();
    const { patientIdentifier, orderIdentifier } = await arrived('An order was made');
    assert.equal(patientIdentifier, 'SB-000001');
    assert.match(String(orderIdentifier), /^SB-000001-\d{13}$/);
    const activated = await arrived('A kit was activated');
    assert.deepEqual([activated.orderIdentifier, activated.activationCode], [orderIdentifier, 'TH-ABCD']);
  });

  it('activates a kit once, tells in words where it cannot, and the webhook arrives', async () => {
    await portal.login('ben');
    await portal.row('Activate your test kit').getByText('Activate', { exact: true }).click();
    await portal.field('Activation Code').pressSequentially('THABCD');
    await portal.button('Activate Now').click();
    await portal.row('Gut Balance').waitFor();
    assert.equal(await portal.row('Activate your test kit').count(), 0);
    const { orderIdentifier, activationCode } = await arrived('A kit was activated');
    assert.deepEqual([orderIdentifier, activationCode], ['SB-000002-O1', 'TH-ABCD']);
    await portal.page.evaluate(`location.hash = '#/activate/SB-000002-O1/GUT-KIT'`);
    await portal.field('Activation Code').pressSequentially('THWXYZ');
    await portal.button('Activate Now').click();
    await portal.page.getByText(/Invalid activation code/).waitFor();
    assert.equal(nodeRed.messagesOf('A kit was activated').length, 1);
  });

  it('answers a survey with every type of question, and the order moves on', async () => {
    await portal.login('eva');
    await portal.row('Complete survey').getByText('Complete', { exact: true }).click();
    await portal.question('What shall we call you').locator('input').fill('Eva');
    await portal.question('Your weight').locator('input').fill('150');
    await portal.question('check-up').locator('input').fill('01/31/2024');
    await portal.button('Continue').click();
    await portal.question('Do you smoke').getByText('Sometimes').click();
    await portal.question('How many cigarettes').locator('input').fill('3');
    await portal.question('for exercise').getByText('Walking').click();
    await portal.question('for exercise').getByText('Something else').click();
    await portal.question('for exercise').locator('input[type=text]').fill('Tai chi');
    const rating = portal.question('in the past week').locator('tbody tr');
    await rating.nth(0).locator('label').nth(1).click();
    await rating.nth(1).locator('label').nth(3).click();
    assert.match(await portal.question('How long do you sleep').innerText(), /"questionType": "duration"/);
    const submitted = portal.page.waitForRequest((request) => request.method() === 'POST');
    await portal.button('Complete').click();
    assert.deepEqual((await submitted).postDataJSON(), {
      responses: {
        NAME: 'Eva',
        WEIGHT: '150',
        LAST_CHECKUP: '01/31/2024',
        SMOKER: 'SOMETIMES',
        CIGARETTES_A_DAY: '3',
        WALKING: 'true',
        SWIMMING: 'false',
        OTHER_EXERCISE: 'true',
        OTHER_EXERCISE_INPUT: 'Tai chi',
        ANXIETY: '2',
        CHEERFUL: '4',
      },
      orderIdentifierFilters: ['SB-000005-O1'],
      updateOrders: true,
      complete: true,
    });
    await portal.row('Schedule an appointment').waitFor();
    assert.equal(await portal.row('Complete survey').count(), 0);
    assert.equal((await arrived('An order has news')).orderIdentifier, 'SB-000005-O1');
  });

  it('keeps the answers of a survey that is left before its end', async () => {
    await portal.login('fay');
    const open = () => portal.row('Complete survey').getByText('Complete', { exact: true }).click();
    await open();
    await portal.question('What shall we call you').locator('input').fill('Fay');
    await portal.question('check-up').locator('input').fill('01/31/2024');
    await portal.button('Exit').click();
    await portal.row('Complete survey').waitFor();
    // Loaded anew, since the UI-Kit also remembers answers by itself.
    await portal.page.goto(portal.page.url().replace(/#.*/, ''));
    await portal.login('fay');
    await open();
    await portal.button('Continue').waitFor();
    const value = (title: string) => portal.question(title).locator('input').inputValue();
    assert.deepEqual([await value('What shall we call you'), await value('check-up')], ['Fay', '01/31/2024']);
  });

  it('opens a report with ranges and recommendations', async () => {
    await portal.login('ana');
    await portal.row('Gut Balance').getByText('Results', { exact: true }).click();
    await portal.page.getByText('Gut Balance (made-up) report').waitFor();
    await portal.page.locator('.og-range-result svg line').first().waitFor({ state: 'attached' });
    for (const text of [
      'Calprotectin',
      'Eat more fiber',
      'Go for a walk',
      'Sample supplement',
      'One capsule a day with food.',
    ]) {
      assert.ok((await portal.page.getByText(text).count()) > 0, text);
    }
  });

  for (const [person, report, graphic] of [
    ['gus', 'Biological Age', '.og-biological-age-summary'],
    ['hal', 'Heart Check', '.og-range-result'],
    ['ivy', 'Stress 360', '.og-time-series-samples'],
  ] as const) {
    it(`opens the report "${report}"`, async () => {
      await portal.login(person);
      await portal.row(report).getByText('Results', { exact: true }).first().click();
      await portal.page.getByText(`${report} (made-up) report`).waitFor();
      await portal.page.getByText('Eat more fiber').first().waitFor();
      assert.ok((await portal.page.locator(graphic).count()) > 0, graphic);
    });
  }

  it('gives no token for another patient, though the page asks with a good state', async () => {
    await portal.login('ana');
    await portal.row('Gut Balance').first().waitFor();
    const data = await portal.freshPage('ana');
    const outcome = await portal.page.evaluate<string>(`(async (data) => {
      sessionStorage.clear();
      const { OG } = await import(data.redirectUri + '/ui-kit.mjs');
      return OG.authUIKit({ ...data, patientId: 'SB-000002' }).then(() => 'token', String);
    })(${JSON.stringify(data)})`);
    assert.match(outcome, /Token response does not contain required attributes.*access_denied/);
    const { reason, patientIdentifier } = await audit(2);
    assert.deepEqual([reason, patientIdentifier], ['wrong_patient', 'SB-000001']);
    assert.equal(await portal.page.evaluate(`sessionStorage.getItem('_ogapi-access-token')`), null);
  });

  it("gives no token to a script's fetch", async () => {
    await portal.login('ana');
    await portal.row('Gut Balance').first().waitFor();
    const { redirectUri, state } = await portal.freshPage('ana');
    const url = `${redirectUri}?code=any&state=${state}`;
    assert.equal(
      await portal.page.evaluate(`fetch(${JSON.stringify(url)}).then(({ status }) => status)`),
      403,
    );
    assert.equal((await audit(2)).reason, 'not_a_frame');
  });

  it('is not shown in a frame of a page from elsewhere', async () => {
    await portal.login('ana');
    await portal.row('Gut Balance').first().waitFor();
    const { clientId, ogBasePath, redirectUri, patientId, state } = await portal.freshPage('ana');
    const authorize =
      `${ogBasePath}/oauth/authorize?client_id=${clientId}&response_type=code&redirect_uri=${redirectUri}` +
      `&scope=patients_read&state=${state}&patientIdentifier=${patientId}`;
    // The sandbox's own address is of another origin.
    await portal.page.goto(`${ogBasePath}/oauth/authorize`);
    await portal.page.evaluate(
      `document.body.append(Object.assign(document.createElement('iframe'), { src: ${JSON.stringify(authorize)} }))`,
    );
    await audit(2);
    const frame = portal.page.frames().at(-1)!;
    await frame.waitForLoadState();
    assert.match(frame.url(), /^chrome-error:/);
  });
});
