import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createHmac } from 'node:crypto';
import { Receiver, SandboxUnderTest, person } from '../../support/sandbox';

describe("The sandbox's faults of calls", () => {
  let under: SandboxUnderTest;

  beforeEach(async () => {
    under = await SandboxUnderTest.start();
    // The token is there before any fault is.
    await under.api('GET', '/packages');
  });
  afterEach(() => under.close());

  const set = async (fault: Record<string, unknown>): Promise<string> => {
    const { status, body } = await under.control('POST', 'faults', fault);
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.id);
  };
  const packages = () => under.api('GET', '/packages');
  const statuses = async (count: number): Promise<number[]> => {
    const seen: number[] = [];
    for (let call = 0; call < count; call++) seen.push((await packages()).status);
    return seen;
  };
  /** How a call ends: its error code, or status and text. */
  const ending = async (method = 'GET', path = '/packages', body?: unknown) => {
    const token = await under.accessToken();
    return new Promise<{ status?: number; text: string; error?: string }>((resolve) => {
      let status: number | undefined;
      let text = '';
      const req = request(`${under.url}/api/v1${path}`, {
        method,
        agent: false,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      const end = (error?: NodeJS.ErrnoException): void =>
        resolve({ ...(status && { status }), text, ...(error && { error: error.code ?? error.message }) });
      req.on('error', end).on('response', (response) => {
        status = response.statusCode;
        response
          .on('data', (chunk: Buffer) => (text += chunk.toString()))
          .on('error', end)
          .on('end', () => end());
      });
      req.end(body === undefined ? undefined : JSON.stringify(body));
    });
  };

  it('befall the next N calls, after those that are let pass', async () => {
    await set({ fault: 'status', status: 503, times: 2, skip: 1 });
    assert.deepEqual(await statuses(5), [200, 503, 503, 200, 200]);
    assert.deepEqual((await under.control('GET', 'faults')).body.faults, []);
  });

  it('befall one operation until they are removed', async () => {
    const id = await set({ fault: 'status', status: 500, operation: 'listPackages' });
    assert.deepEqual(await statuses(2), [500, 500]);
    assert.equal((await under.api('GET', '/surveys')).status, 200);
    const listed = (await under.control('GET', 'faults')).body.faults;
    assert.equal(listed[0].applied, 2);
    assert.equal((await under.control('DELETE', `faults/${id}`)).status, 200);
    assert.equal((await under.control('DELETE', `faults/${id}`)).status, 404);
    assert.deepEqual(await statuses(1), [200]);
  });

  it('befall a share of calls, the same ones for the same seed', async () => {
    const run = async (): Promise<number[]> => {
      await under.control('DELETE', 'faults');
      await set({ fault: 'status', status: 500, share: 0.5 });
      return statuses(40);
    };
    const first = await run();
    const failed = first.filter((status) => status === 500).length;
    assert.ok(failed > 8 && failed < 32, `${failed} of 40`);
    assert.deepEqual(await run(), first);
  });

  it('answer with a status, with Retry-After and without, in the error model', async () => {
    await set({ fault: 'status', status: 429, retryAfter: 7, times: 1 });
    await set({ fault: 'status', status: 503, times: 1 });
    const limited = await packages();
    assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7']);
    assert.equal(limited.headers.get('access-control-allow-origin'), '*');
    assert.equal(typeof limited.body.message, 'string');
    const down = await packages();
    assert.deepEqual([down.status, down.headers.get('retry-after')], [503, null]);
  });

  it('wait, and go together with another fault', async () => {
    await set({ fault: 'delay', seconds: 0.15, times: 1 });
    await set({ fault: 'status', status: 502, times: 1 });
    const started = performance.now();
    assert.equal((await packages()).status, 502);
    assert.ok(performance.now() - started > 140);
  });

  it('cut the connection before anything is done, or after', async () => {
    const patient = (patientIdentifier: string) => ({ ...person, patientIdentifier });
    await set({ fault: 'reset-before', operation: 'createPatient', times: 1 });
    assert.equal((await ending('POST', '/patients', patient('P-1'))).error, 'ECONNRESET');
    assert.equal((await under.api('GET', '/patients/P-1')).status, 404);
    await set({ fault: 'reset-after', operation: 'createPatient', times: 1 });
    assert.equal((await ending('POST', '/patients', patient('P-2'))).error, 'ECONNRESET');
    assert.equal((await under.api('GET', '/patients/P-2')).status, 200);
  });

  it('send the body slowly, cut it off, truncate it, or send something else', async () => {
    const whole = await ending();
    await set({ fault: 'slow-body', seconds: 0.2, times: 1 });
    const started = performance.now();
    assert.deepEqual(await ending(), whole);
    assert.ok(performance.now() - started > 190);

    await set({ fault: 'cut-off', times: 1 });
    const cut = await ending();
    assert.equal(cut.error, 'ECONNRESET');
    assert.ok(cut.text.length > 0 && whole.text.startsWith(cut.text));

    await set({ fault: 'truncated', times: 1 });
    const { error, text } = await ending();
    assert.equal(error, undefined);
    assert.throws(() => JSON.parse(text));

    await set({ fault: 'html', contentType: 'application/json', times: 1 });
    const page = await packages().catch((thrown: unknown) => thrown);
    assert.ok(page instanceof SyntaxError, 'a web page that says it is JSON');
    await set({ fault: 'html', status: 502, times: 1 });
    const proxy = await packages();
    assert.equal(proxy.status, 502);
    assert.match(String(proxy.body), /<html>/);

    await set({ fault: 'body', text: '42', times: 1 });
    assert.equal((await packages()).body, 42);
  });

  it('let the token of the call expire, or revoke all', async () => {
    const other = await under.accessToken();
    await set({ fault: 'expired-token', times: 1 });
    assert.deepEqual(await statuses(2), [401, 401]);
    assert.equal((await under.api('GET', '/packages', undefined, other)).status, 200);
    await set({ fault: 'revoked-token', times: 1 });
    const third = await under.accessToken();
    assert.equal((await under.api('GET', '/packages', undefined, other)).status, 401);
    assert.equal((await under.api('GET', '/packages', undefined, third)).status, 401);
  });

  it('limit the rate, and say when the span is over', async () => {
    await set({ fault: 'rate-limit', calls: 2, seconds: 0.3 });
    assert.deepEqual(await statuses(3), [200, 200, 429]);
    assert.equal((await packages()).headers.get('retry-after'), '1');
    await new Promise((resolve) => setTimeout(resolve, 310));
    assert.deepEqual(await statuses(1), [200]);
  });

  it('befall the token endpoint: refused credentials, out of service, short lives, any fault of calls', async () => {
    const form = {
      grant_type: 'client_credentials',
      client_id: under.sandbox.clientId,
      client_secret: under.sandbox.clientSecret,
    };
    await set({ fault: 'refused-credentials', times: 1 });
    await set({ fault: 'token-down', retryAfter: '3', times: 1 });
    await set({ fault: 'status', status: 500, operation: 'token', times: 1 });
    await set({ fault: 'body', text: '{"access_token":""}', operation: 'token', times: 1 });
    await set({ fault: 'short-token', seconds: 0.05, times: 1 });
    const refused = await under.askToken(form);
    assert.deepEqual([refused.status, refused.body.error], [401, 'invalid_client']);
    const down = await under.askToken(form);
    assert.deepEqual([down.status, down.headers.get('retry-after')], [503, '3']);
    assert.equal((await under.askToken(form)).status, 500);
    assert.deepEqual((await under.askToken(form)).body, { access_token: '' });
    const short = await under.askToken(form);
    assert.equal(short.body.expires_in, 0.05);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal(
      (await under.api('GET', '/packages', undefined, String(short.body.access_token))).status,
      401,
    );
    assert.equal((await under.askToken(form)).status, 200);
  });

  it('show in the log of requests, which keeps no token and no secret', async () => {
    await set({ fault: 'status', status: 503, times: 1 });
    await packages();
    await set({ fault: 'reset-before', times: 1 });
    await ending();
    const { body } = await under.control('GET', 'requests');
    const [reset, token, refused] = body.requests as Record<string, unknown>[];
    assert.deepEqual([reset?.operation, reset?.status, reset?.fault], ['listPackages', null, 'reset-before']);
    assert.deepEqual([token?.operation, token?.status], ['token', 200]);
    assert.deepEqual([refused?.status, refused?.fault], [503, 'status']);
    const text = JSON.stringify(body);
    assert.ok(!text.includes(under.sandbox.clientSecret));
    assert.ok(!/access_token|Bearer/i.test(text));
  });

  it('are refused when they make no sense', async () => {
    const nonsense = [
      {},
      { fault: 'explode' },
      { fault: 'status', status: 99 },
      { fault: 'status', status: '503' },
      { fault: 'delay', seconds: -1 },
      { fault: 'status', operation: 'deleteEverything' },
      { fault: 'status', topic: 'order.created' },
      { fault: 'webhook-drop', operation: 'listPackages' },
      { fault: 'status', times: 0 },
      { fault: 'status', share: 2 },
      { fault: 'status', speed: 1 },
    ];
    for (const fault of nonsense) {
      const { status, body } = await under.control('POST', 'faults', fault);
      assert.equal(status, 400, JSON.stringify(fault));
      assert.ok(body.fieldErrors.length > 0);
    }
    assert.equal((await under.control('POST', 'faults', [])).status, 400);
    assert.throws(() => under.sandbox.addFault({ fault: 'status', status: 1 }), TypeError);
  });

  it('end with a reset', async () => {
    under.sandbox.addFault({ fault: 'status', status: 500 });
    under.sandbox.reset();
    assert.deepEqual(await statuses(1), [200]);
  });

  it('do not keep the sandbox from closing', async () => {
    under.sandbox.addFault({ fault: 'delay', seconds: 60 });
    const call = packages().catch(() => 'cut');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await under.close();
    assert.equal(await call, 'cut');
  });
});

describe("The sandbox's faults of webhooks", () => {
  let under: SandboxUnderTest;
  let receiver: Receiver;
  const webhookSecret = 'shared';

  beforeEach(async () => {
    receiver = await Receiver.start();
    under = await SandboxUnderTest.start({ webhookSecret, retryDelays: [0.01] });
    under.sandbox.registerWebhook({ url: receiver.url, topics: ['order.created', 'patient.created'] });
  });
  afterEach(async () => {
    await under.close();
    await receiver.stop();
  });

  /** What arrived: `patient` or `order` events, and whether the signature is right. */
  const arrived = async (count: number): Promise<string[]> =>
    (await receiver.received(count)).map(({ body, headers }) => {
      const kind = body.includes('orderIdentifier') ? 'order' : 'patient';
      const signature = createHmac('sha256', webhookSecret).update(body).digest('base64');
      return signature === headers['x-onegevity-signature'] ? kind : `${kind} forged`;
    });
  const deliveries = async (): Promise<Record<string, unknown>[]> =>
    (await under.control('GET', 'deliveries')).body.deliveries as Record<string, unknown>[];

  it('deliver twice', async () => {
    under.sandbox.addFault({ fault: 'webhook-duplicate', times: 1 });
    await under.order('O-1');
    assert.deepEqual(await arrived(3), ['patient', 'patient', 'order']);
    assert.deepEqual(receiver.deliveries[0]?.body, receiver.deliveries[1]?.body);
  });

  it('never deliver, for one topic', async () => {
    under.sandbox.addFault({ fault: 'webhook-drop', topic: 'patient.created' });
    await under.order('O-1');
    assert.deepEqual(await arrived(1), ['order']);
    assert.deepEqual((await deliveries()).map(({ state, fault }) => [state, fault])[0], [
      'dropped',
      'webhook-drop',
    ]);
  });

  it('deliver out of order, and late where no other event comes', async () => {
    under.sandbox.addFault({ fault: 'webhook-reorder', times: 1 });
    await under.order('O-1');
    assert.deepEqual(await arrived(2), ['order', 'patient']);
    under.sandbox.addFault({ fault: 'webhook-reorder', seconds: 0.05, times: 1 });
    await under.order('O-2');
    assert.deepEqual((await arrived(3))[2], 'order');
  });

  it('deliver out of order also where each topic has an endpoint of its own', async () => {
    for (const { id } of (await under.control('GET', 'webhooks')).body.webhooks as { id: string }[]) {
      under.sandbox.removeWebhook(id);
    }
    for (const topic of ['patient.created', 'order.created']) {
      under.sandbox.registerWebhook({ url: `${receiver.url}/${topic}`, topics: [topic] });
    }
    under.sandbox.addFault({ fault: 'webhook-reorder', topic: 'patient.created' });
    await under.order('O-1');
    assert.deepEqual(await arrived(2), ['order', 'patient']);
  });

  it('hang up on a receiver and try again', async () => {
    under.sandbox.addFault({ fault: 'webhook-timeout', times: 1 });
    await under.order('O-1');
    assert.deepEqual(await arrived(3), ['patient', 'patient', 'order']);
    const [first] = await deliveries();
    const attempts = first?.attempts as { error?: string; status?: number }[];
    assert.equal(attempts[0]?.error, 'no answer in time');
    assert.equal(attempts[1]?.status, 200);
  });

  it('send slowly', async () => {
    under.sandbox.addFault({ fault: 'webhook-slow', seconds: 0.1, times: 1 });
    const started = performance.now();
    await under.order('O-1');
    assert.deepEqual(await arrived(2), ['patient', 'order']);
    assert.ok(performance.now() - started > 90);
  });

  it('sign with another secret, or change a byte after signing', async () => {
    under.sandbox.addFault({ fault: 'webhook-wrong-signature', times: 1 });
    under.sandbox.addFault({ fault: 'webhook-changed-byte', times: 1 });
    await under.order('O-1');
    assert.deepEqual(await arrived(2), ['patient forged', 'order forged']);
    assert.doesNotThrow(() => JSON.parse(receiver.deliveries[1]!.body.toString()) as unknown);
  });

  it('are there for a delivery of the log too: again, twice, with a wrong signature or a changed byte', async () => {
    await under.order('O-1');
    await arrived(2);
    const [first] = await deliveries();
    const resend = (how?: string) =>
      under.control('POST', `deliveries/${String(first?.id)}/resend`, how ? { how } : undefined);
    assert.equal((await resend()).status, 200);
    await arrived(3);
    assert.equal((await resend('twice')).body.deliveries.length, 2);
    await arrived(5);
    await resend('wrong-signature');
    await arrived(6);
    await resend('changed-byte');
    assert.deepEqual((await arrived(7)).slice(2), [
      'patient',
      'patient',
      'patient',
      'patient forged',
      'patient forged',
    ]);
    assert.equal((await resend('sideways')).status, 400);
    assert.equal((await under.control('POST', 'deliveries/none/resend')).status, 404);
  });
});
