import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  type FulfillmentInformation,
  PatientOrdersApi,
  type CreateOrderRequest,
  type PatientInformation,
} from '@onegevity/orders-api-client';
import { PatientRecommendationsApi } from '@onegevity/recommendations-api-client';
import { person, shipping } from '../support/sandbox';
import { runCommand, startCommand, type RunningCommand } from '../support/command';

interface Ready {
  url: string;
  clientId: string;
  clientSecret: string;
  webhookSecret: string;
}

/** The vendor's enums are declared as numbers, but are strings when they run. */
const information = (patientIdentifier: string, packageIdentifier = 'GUT-BALANCE') =>
  ({
    orderIdentifier: `${patientIdentifier}-1754000000000`,
    packageIdentifier,
    patientInformation: person as unknown as PatientInformation,
    fulfillmentInformation: shipping as unknown as FulfillmentInformation,
  }) satisfies CreateOrderRequest;

describe("The command onegevity-sandbox and the vendor's own clients", () => {
  let command: RunningCommand;
  let ready: Ready;
  let orders: PatientOrdersApi;
  let recommendations: PatientRecommendationsApi;

  before(async () => {
    command = await startCommand('onegevity-sandbox', ['--port', '0', '--pace', '0', '--secret', 'hush']);
    ready = JSON.parse(command.firstLine) as Ready;
    const response = await fetch(`${ready.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: ready.clientId,
        client_secret: ready.clientSecret,
      }),
    });
    const { access_token: accessToken } = (await response.json()) as { access_token: string };
    const configuration = { basePath: `${ready.url}/api/v1`, accessToken };
    orders = new PatientOrdersApi(configuration, fetch);
    recommendations = new PatientRecommendationsApi(configuration, fetch);
  });
  after(async () => {
    assert.equal(await command.stop(), 0, 'a stop by SIGTERM is a graceful one');
  });

  const advance = async (orderIdentifier: string): Promise<Response> =>
    fetch(`${ready.url}/sandbox/orders/${encodeURIComponent(orderIdentifier)}/advance`, { method: 'POST' });

  it('prints one JSON line with what a client needs', () => {
    assert.deepEqual(Object.keys(ready), ['url', 'clientId', 'clientSecret', 'webhookSecret']);
    assert.match(ready.url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(ready.webhookSecret, 'hush');
  });

  it('shows its page at the root', async () => {
    const page = await fetch(ready.url);
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    for (const [file, length] of Object.entries({ 'page.js': 5000, 'page.css': 1000 })) {
      const response = await fetch(`${ready.url}/sandbox/${file}`);
      assert.ok((await response.text()).length > length, file);
    }
  });

  it('is found by npx', () => {
    const root = join(__dirname, '../..');
    const help = execFileSync('npx', ['--no-install', 'onegevity-sandbox', '--help'], {
      cwd: root,
      encoding: 'utf8',
    });
    assert.match(help, /--port N/);
  });

  it('creates an order, and the patient with it', async () => {
    const order = await orders.createPatientOrder(information('PAT 1/é'), 'PAT 1/é');
    assert.equal(order.orderIdentifier, 'PAT 1/é-1754000000000');
    assert.equal(order.completed, false);
    assert.equal(order.elements.length, 1);
    const details = await orders.patientOrderDetails('PAT 1/é', order.orderIdentifier);
    assert.deepEqual(details, order);
  });

  it('lists orders page by page', async () => {
    for (const name of ['a', 'b', 'c']) {
      await orders.createPatientOrder({ ...information('PAT-2'), orderIdentifier: name }, 'PAT-2');
    }
    const first = await orders.listPatientOrders('PAT-2', { pageNumber: 1, pageSize: 2 });
    assert.deepEqual([first.pageNumber, first.numberOfElements, first.totalNumberOfElements], [1, 2, 3]);
    const second = await orders.listPatientOrders('PAT-2', { pageNumber: 2, pageSize: 2 });
    assert.deepEqual(
      [...(first.orders ?? []), ...(second.orders ?? [])].map((order) => order.orderIdentifier),
      ['a', 'b', 'c'],
    );
    const beyond = await orders.listPatientOrders('PAT-2', { pageNumber: 9, pageSize: 2 });
    assert.deepEqual(beyond.orders, []);
    assert.equal((await orders.listPatientOrders('PAT-2')).orders?.length, 3);
  });

  it('activates a kit with an update of the order', async () => {
    const { orderIdentifier } = await orders.createPatientOrder(information('PAT-3'), 'PAT-3');
    await advance(orderIdentifier);
    await advance(orderIdentifier);
    const order = await orders.updatePatientOrder('PAT-3', orderIdentifier, {
      notes: 'by the door',
      kitActivations: [{ packageElementIdentifier: 'GUT-KIT', activationCode: 'TH-DEMO' }],
    });
    assert.equal(order.notes, 'by the door');
    assert.equal((order.elements[0] as unknown as { status: string }).status, 'ACTIVATED');
  });

  it("answers bad input with the vendor's validation error, and an unknown order with the general one", async () => {
    const failure = async (call: Promise<unknown>): Promise<[number, Record<string, unknown>]> => {
      const response = await call.then(
        () => assert.fail('it should have been refused'),
        (thrown: unknown) => thrown as Response,
      );
      return [response.status, (await response.json()) as Record<string, unknown>];
    };
    const { orderIdentifier: _, ...incomplete } = information('PAT-4');
    const [status, body] = await failure(
      orders.createPatientOrder(incomplete as CreateOrderRequest, 'PAT-4'),
    );
    assert.equal(status, 400);
    assert.deepEqual(body.fieldErrors, [{ fieldName: 'orderIdentifier', message: 'is required' }]);
    assert.deepEqual(body.globalErrors, []);
    assert.equal(typeof body.id, 'string');
    const [missing, general] = await failure(orders.patientOrderDetails('PAT-4', 'none'));
    assert.equal(missing, 404);
    assert.deepEqual(Object.keys(general).sort(), ['id', 'message']);
    const [empty] = await failure(orders.updatePatientOrder('SB-000001', 'SB-000001-O1'));
    assert.equal(empty, 400);
  });

  it('lists, filters, reads and archives recommendations', async () => {
    const patient = 'SB-000001';
    const all = await recommendations.listPatientRecommendations(patient);
    const list = all.recommendations ?? [];
    assert.equal(list.length, 3);
    const filtered = await recommendations.listPatientRecommendations(
      patient,
      { pageNumber: 1, pageSize: 10 },
      // Several values go out as one, joined by commas.
      { recommendationType: ['diet', 'product'] as never },
    );
    assert.deepEqual(filtered.recommendations?.map(({ recommendationType }) => recommendationType).sort(), [
      'diet',
      'product',
    ]);
    const id = list[0]!.id;
    assert.equal((await recommendations.patientRecommendationDetails(patient, id)).id, id);
    const archived = await recommendations.updatePatientRecommendation({ archived: true }, patient, id);
    assert.equal(archived.archived, true);
    assert.equal((await recommendations.listPatientRecommendations(patient)).recommendations?.length, 2);
    const withArchived = await recommendations.listPatientRecommendations(patient, undefined, {
      includeArchived: true,
    });
    assert.equal(withArchived.recommendations?.length, 3);
  });
});

describe('The exported sandbox', () => {
  const root = join(__dirname, '../..');
  const run = (script: string) =>
    spawnSync(process.execPath, ['-e', script], { cwd: root, encoding: 'utf8', timeout: 10_000 });

  it('starts inside a test suite and closes', () => {
    const { status, stderr } = run(`
      const { startSandbox } = require('@lowcode-health/node-red-onegevity/sandbox');
      startSandbox({ pace: 0 }).then(async (sandbox) => {
        const { status } = await fetch(sandbox.url + '/api/v1/packages');
        await sandbox.close();
        if (status !== 401) process.exitCode = 1;
      });
    `);
    assert.equal(status, 0, stderr);
  });

  it('keeps no process alive when told so, whatever it has under way', () => {
    const { status, stderr } = run(`
      const { startSandbox } = require('@lowcode-health/node-red-onegevity');
      startSandbox({ unref: true, pace: 60, retryDelays: [60] }).then(async (sandbox) => {
        sandbox.registerWebhook({ url: 'http://127.0.0.1:9/nobody' });
        sandbox.addFault({ fault: 'webhook-reorder', seconds: 60, times: 1 });
        sandbox.addFault({ fault: 'delay', seconds: 60 });
        for (const order of ['SB-000007-O2', 'SB-000012-O1']) {
          await sandbox.control({ method: 'POST', path: 'orders/' + order + '/advance' });
        }
        const { body } = await sandbox.control({ method: 'GET', path: 'state' });
        const query = new URLSearchParams({ since: body.version });
        void sandbox.control({ method: 'GET', path: 'changes', query });
      });
    `);
    assert.equal(status, 0, stderr);
  });
});

describe('The command onegevity-sandbox', () => {
  it('prints its usage, and refuses what it does not understand', async () => {
    const help = await runCommand('onegevity-sandbox', ['--help']);
    assert.equal(help.code, 0);
    for (const name of ['port', 'pace', 'seed', 'patients', 'secret', 'host']) {
      assert.match(help.stdout, new RegExp(`--${name} `));
    }
    for (const args of [
      ['--port', 'x'],
      ['--pace', '-1'],
      ['--nonsense'],
      ['--secret', ''],
      ['--control-token', 'short'],
      ['extra'],
    ]) {
      const { code, stdout, stderr } = await runCommand('onegevity-sandbox', args);
      assert.equal(code, 2, args.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /Usage/);
    }
  });

  it('prints the control token where other computers can connect, and needs it then', async () => {
    const running = await startCommand('onegevity-sandbox', ['--port', '0', '--host', '0.0.0.0']);
    try {
      const ready = JSON.parse(running.firstLine) as Ready & { controlToken: string; page: string };
      assert.equal(ready.page, `${ready.url}/#token=${ready.controlToken}`);
      const reset = (headers: Record<string, string> = {}) =>
        fetch(`${ready.url}/sandbox/reset`, { method: 'POST', headers }).then(({ status }) => status);
      assert.equal(await reset(), 401);
      assert.equal(await reset({ authorization: `Bearer ${ready.controlToken}` }), 200);
    } finally {
      await running.stop();
    }
  });

  it('says so when the port is in use', async () => {
    const first = await startCommand('onegevity-sandbox', ['--port', '0']);
    try {
      const { port } = new URL((JSON.parse(first.firstLine) as Ready).url);
      const { code, stderr } = await runCommand('onegevity-sandbox', ['--port', port]);
      assert.equal(code, 1);
      assert.match(stderr, /port is in use/);
    } finally {
      await first.stop();
    }
  });

  it('stops at once with calls and deliveries under way', async () => {
    const running = await startCommand('onegevity-sandbox', ['--port', '0', '--pace', '1']);
    const { url } = JSON.parse(running.firstLine) as Ready;
    await fetch(`${url}/sandbox/webhooks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://127.0.0.1:9/nobody' }),
    });
    await fetch(`${url}/sandbox/orders/SB-000002-O1/advance`, { method: 'POST' });
    assert.equal(await running.stop(), 0);
  });
});
