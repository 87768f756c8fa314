import assert from 'node:assert/strict';
import { Receiver, SandboxUnderTest } from '../../support/sandbox';

describe("The sandbox's life cycle of an order", () => {
  let under: SandboxUnderTest;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await under.close();
    await receiver.stop();
  });

  const topicsOf = async (count: number): Promise<string[]> =>
    (await receiver.received(count)).map(({ path }) => path.slice(1));
  const receiveByTopic = (topics: readonly string[]): void => {
    for (const topic of topics)
      under.sandbox.registerWebhook({ url: `${receiver.url}/${topic}`, topics: [topic] });
  };
  const order = (): Promise<Record<string, never>> =>
    under.api('GET', '/patients/P-1/orders/O-1').then(({ body }) => body as Record<string, never>);

  it('runs by hand from the order to its report, one event after the other', async () => {
    under = await SandboxUnderTest.start();
    // One endpoint for all, so that the order in which events leave can be seen.
    under.sandbox.registerWebhook({ url: `${receiver.url}/all` });
    assert.equal((await under.order('O-1')).status, 201);
    const steps: string[] = [];
    for (;;) {
      const { status, body } = await under.control('POST', 'orders/O-1/advance');
      if (status !== 200) {
        assert.equal(status, 409);
        break;
      }
      steps.push(String(body.step));
    }
    assert.deepEqual(steps, [
      'accept shipment',
      'ship',
      'activate kit',
      'receive kit at lab',
      'complete kit',
    ]);
    const { body } = await under.control('GET', 'deliveries');
    assert.deepEqual(
      (body.deliveries as { topic: string }[]).map(({ topic }) => topic),
      [
        'patient.created',
        'order.created',
        'fulfillment.requested',
        'fulfillment.accepted',
        'fulfillment.shipped',
        'order.updated',
        'kit.activated',
        'order.updated',
        'order.updated',
        'results.released',
      ],
    );
    const finished = (await order()) as unknown as { completed: boolean; elements: { status: string }[] };
    assert.equal(finished.completed, true);
    assert.deepEqual(
      finished.elements.map(({ status }) => status),
      ['COMPLETED'],
    );
    const reports = await under.api('GET', '/patients/P-1/orders/O-1/reports');
    const { id } = reports.body.reports[0] as { id: number };
    const details = await under.api('GET', `/patients/P-1/reports/${id}/details`);
    assert.equal(details.status, 200);
    assert.equal(details.body.id, id);
    const advice = await under.api('GET', '/patients/P-1/recommendations');
    const kinds = (advice.body.recommendations as { recommendationType: string }[]).map(
      ({ recommendationType }) => recommendationType,
    );
    assert.deepEqual(kinds.sort(), ['diet', 'lifestyle', 'product']);
  });

  it('runs by itself at the set pace, and waits where the patient has to do something', async () => {
    under = await SandboxUnderTest.start({ pace: 0.02 });
    receiveByTopic(['fulfillment.accepted', 'fulfillment.shipped', 'kit.activated', 'results.released']);
    await under.order('O-1');
    assert.deepEqual(await topicsOf(2), ['fulfillment.accepted', 'fulfillment.shipped']);
    const waiting = await under.control('GET', 'orders/O-1');
    assert.deepEqual(waiting.body.next, { name: 'activate kit', by: 'patient' });
    const activated = await under.api('PATCH', '/patients/P-1/orders/O-1', {
      kitActivations: [{ packageElementIdentifier: 'GUT-KIT', activationCode: 'TH-DEMO' }],
    });
    assert.equal(activated.status, 200);
    assert.deepEqual((await topicsOf(4)).slice(2), ['kit.activated', 'results.released']);
  });

  it('does not activate a kit that has not been shipped, nor one twice, nor with a code of another package', async () => {
    under = await SandboxUnderTest.start();
    await under.order('O-1');
    const activate = (activationCode: string) =>
      under.api('PATCH', '/patients/P-1/orders/O-1', {
        kitActivations: [{ packageElementIdentifier: 'GUT-KIT', activationCode }],
      });
    const early = await activate('TH-DEMO');
    assert.equal(early.status, 400);
    assert.deepEqual(early.body.fieldErrors, [
      { fieldName: 'kitActivations[0].packageElementIdentifier', message: 'has not been shipped yet' },
    ]);
    await under.control('POST', 'orders/O-1/advance');
    await under.control('POST', 'orders/O-1/advance');
    for (const code of ['SX-DEMO', '12345678', 'th-demo', 'TH-DEMO1']) {
      const { status, body } = await activate(code);
      assert.equal(status, 400, code);
      assert.equal(body.fieldErrors[0].fieldName, 'kitActivations[0].activationCode');
    }
    assert.equal((await activate('TH-DEMO')).status, 200);
    assert.equal((await activate('TH-DEMO')).status, 400);
  });

  it('rejects a shipment that was requested, cancels one that was accepted, and stops none that has left', async () => {
    under = await SandboxUnderTest.start();
    receiveByTopic(['fulfillment.rejected', 'fulfillment.canceled']);
    await under.order('O-1');
    assert.equal((await under.control('POST', 'orders/O-1/reject')).status, 200);
    await under.order('O-2');
    await under.control('POST', 'orders/O-2/advance');
    assert.equal((await under.control('POST', 'orders/O-2/reject')).status, 409);
    assert.equal((await under.control('POST', 'orders/O-2/cancel')).status, 200);
    await under.order('O-3');
    await under.control('POST', 'orders/O-3/advance');
    await under.control('POST', 'orders/O-3/advance');
    assert.equal((await under.control('POST', 'orders/O-3/cancel')).status, 409);
    assert.deepEqual((await topicsOf(2)).sort(), ['fulfillment.canceled', 'fulfillment.rejected']);
  });

  it('waits for the lab appointment and the survey of a package that has them', async () => {
    under = await SandboxUnderTest.start();
    await under.order('O-1', { packageIdentifier: 'HEART-CHECK', ship: false });
    await under.control('POST', 'orders/O-1/advance');
    const scheduled = await under.api('PATCH', '/patients/P-1/orders/O-1', {
      labAppointments: [{ packageElementIdentifier: 'HEART-VISIT', scheduled: true }],
    });
    assert.equal(scheduled.body.elements[0].status, 'SCHEDULED');
    assert.equal(scheduled.body.relatedDocuments.length, 1);
    await under.control('POST', 'orders/O-1/advance');
    await under.control('POST', 'orders/O-1/advance');
    const draft = await under.api('POST', '/patients/P-1/surveys/lifestyle', {
      responses: { NAME: 'Demo' },
      orderIdentifierFilters: ['O-1'],
    });
    assert.equal(draft.status, 200);
    const half = (await order()) as unknown as { elements: { status: string; version: number }[] };
    assert.equal(half.elements[1]?.status, 'PARTIALLY_COMPLETED');
    const incomplete = await under.api('POST', '/patients/P-1/surveys/lifestyle', {
      responses: {},
      orderIdentifierFilters: ['O-1'],
      updateOrders: true,
      complete: true,
    });
    assert.equal(incomplete.status, 400);
    const complete = await under.api('POST', '/patients/P-1/surveys/lifestyle', {
      responses: { NAME: 'Demo', WEIGHT: '150', LAST_CHECKUP: '01/31/2025', SMOKER: 'NEVER' },
      orderIdentifierFilters: ['O-1'],
      updateOrders: true,
      complete: true,
    });
    assert.equal(complete.status, 200);
    assert.equal((await under.control('POST', 'orders/O-1/advance')).body.step, 'complete');
  });
});
