/** Every fault of calls that the sandbox offers, met by a flow. The webhook node has its own tests of deliveries. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import configNode from '../../src/nodes/onegevity-config';
import packageNode from '../../src/nodes/onegevity-package';
import patientNode from '../../src/nodes/onegevity-patient';
import { faultKinds, type Fault } from '../../src/sandbox/faults/kinds';
import { helper, useHelper, type NodeModule } from '../support/helper';
import { person, SandboxUnderTest } from '../support/sandbox';

const load = createRequire(__filename);
const catchNode = load('@node-red/nodes/core/common/25-catch.js') as NodeModule;

interface Case {
  fault: Fault;
  /** What the flow sends: a read or a write. */
  call: 'read' | 'write';
  /** The error that a Catch node sees; absent: the flow goes on. */
  error?: { code: string; outcome?: 'failed' | 'unknown'; retryAfter?: number };
  /** Requests of the operation that reach the sandbox; each must be so. */
  calls: number;
  tokens?: number;
  /** Whether the patient of a write is there afterwards. */
  done?: boolean;
}

const read = (fault: Fault, calls: number, code?: string): Case => ({
  fault,
  call: 'read',
  calls,
  ...(code !== undefined && { error: { code } }),
});
const write = (fault: Fault, expected: Omit<Case, 'fault' | 'call'>): Case => ({
  fault,
  call: 'write',
  ...expected,
});
/** The first two attempts fail. */
const twice = { times: 2 };
const once = { times: 1 };

const cases: Case[] = [
  read({ fault: 'status', status: 503, ...twice }, 3),
  read({ fault: 'status', status: 503 }, 4, 'server_error'),
  read({ fault: 'status', status: 403, ...once }, 1, 'forbidden'),
  read({ fault: 'status', status: 301, ...once }, 1, 'redirected'),
  read({ fault: 'status', status: 401, ...twice }, 2, 'unauthorized'),
  {
    ...read({ fault: 'status', status: 429, retryAfter: '120', ...once }, 1),
    error: { code: 'rate_limited', retryAfter: 120 },
  },
  read({ fault: 'status', status: 429, retryAfter: 'soon', ...once }, 2),
  write(
    { fault: 'status', status: 503, ...once },
    { calls: 1, error: { code: 'server_error', outcome: 'unknown' }, done: false },
  ),
  write({ fault: 'status', status: 503, retryAfter: '0', ...once }, { calls: 2, done: true }),
  write({ fault: 'status', status: 429, ...once }, { calls: 2, done: true }),
  read({ fault: 'delay', seconds: 2, ...twice }, 3),
  read({ fault: 'delay', seconds: 5 }, 4, 'timeout'),
  write(
    { fault: 'delay', seconds: 5 },
    { calls: 1, error: { code: 'timeout', outcome: 'unknown' }, done: false },
  ),
  read({ fault: 'reset-before', ...once }, 2),
  write(
    { fault: 'reset-before', ...once },
    { calls: 1, error: { code: 'reset', outcome: 'unknown' }, done: false },
  ),
  write(
    { fault: 'reset-after', ...once },
    { calls: 1, error: { code: 'reset', outcome: 'unknown' }, done: true },
  ),
  read({ fault: 'reset-after', ...once }, 2),
  read({ fault: 'slow-body', seconds: 0.1, ...once }, 1),
  read({ fault: 'slow-body', seconds: 5 }, 4, 'timeout'),
  read({ fault: 'html', contentType: 'application/json', ...once }, 2),
  read({ fault: 'html', contentType: 'application/json' }, 4, 'bad_response'),
  read({ fault: 'html', status: 502, ...once }, 2),
  write(
    { fault: 'html', ...once },
    { calls: 1, error: { code: 'bad_response', outcome: 'unknown' }, done: false },
  ),
  read({ fault: 'body', text: '{"a":', ...twice }, 3),
  read({ fault: 'truncated', ...twice }, 3),
  read({ fault: 'false-success', text: '[]', ...twice }, 3),
  write(
    { fault: 'false-success', text: '[]', ...once },
    { calls: 1, error: { code: 'bad_response', outcome: 'unknown' }, done: false },
  ),
  read({ fault: 'wrong-record', ...twice }, 3),
  read({ fault: 'wrong-record' }, 4, 'bad_response'),
  write(
    { fault: 'wrong-record', ...once },
    { calls: 1, error: { code: 'bad_response', outcome: 'unknown' }, done: true },
  ),
  read({ fault: 'compressed' }, 1),
  read({ fault: 'compressed', encoding: 'br' }, 1),
  write({ fault: 'compressed', encoding: 'deflate', ...once }, { calls: 1, done: true }),
  // The name alone: a body that is not packed is taken as it is.
  read({ fault: 'compressed', encoding: 'zstd', ...once }, 1),
  read({ fault: 'compressed-truncated', ...once }, 2),
  write(
    { fault: 'compressed-truncated', ...once },
    { calls: 1, error: { code: 'bad_response', outcome: 'unknown' }, done: true },
  ),
  read({ fault: 'large-headers' }, 1),
  read({ fault: 'large-headers', bytes: 70_000 }, 1, 'response_too_large'),
  write(
    { fault: 'truncated', ...once },
    { calls: 1, error: { code: 'bad_response', outcome: 'unknown' }, done: true },
  ),
  read({ fault: 'cut-off', ...once }, 2),
  write(
    { fault: 'cut-off', ...once },
    { calls: 1, error: { code: 'reset', outcome: 'unknown' }, done: true },
  ),
  read({ fault: 'duplicate-response', ...once }, 1),
  write({ fault: 'duplicate-response', ...once }, { calls: 1, done: true }),
  { ...read({ fault: 'narrow-token', ...once }, 1, 'forbidden'), tokens: 1 },
  { ...read({ fault: 'expired-token', ...once }, 2), tokens: 2 },
  { ...write({ fault: 'revoked-token', ...once }, { calls: 2, done: true }), tokens: 2 },
  read({ fault: 'rate-limit', calls: 0, seconds: 0.3, retryAfter: '0', ...once }, 2),
  { ...read({ fault: 'refused-credentials' }, 0, 'invalid_client'), tokens: 1 },
  { ...read({ fault: 'token-down', ...once }, 1), tokens: 2 },
  { ...read({ fault: 'token-down' }, 0, 'token_unavailable'), tokens: 3 },
  { ...read({ fault: 'short-token', seconds: 0, ...once }, 0, 'bad_token_response'), tokens: 1 },
  { ...read({ fault: 'html', operation: 'token', ...once }, 1), tokens: 2 },
  { ...read({ fault: 'html', operation: 'token' }, 0, 'bad_token_response'), tokens: 3 },
  { ...read({ fault: 'body', text: 'null', operation: 'token', ...once }, 1), tokens: 2 },
  { ...read({ fault: 'false-success', operation: 'token', ...twice }, 1), tokens: 3 },
  { ...read({ fault: 'compressed', operation: 'token', ...once }, 1), tokens: 1 },
  { ...read({ fault: 'reset-before', operation: 'token', ...once }, 1), tokens: 2 },
];

describe("A flow meets the sandbox's faults", () => {
  let under: SandboxUnderTest;
  useHelper();
  beforeEach(async () => {
    under = await SandboxUnderTest.start();
  });
  afterEach(() => under.close());

  const flow = async ({ fault: { fault } }: Case): Promise<void> => {
    const { clientId, clientSecret, url } = under.sandbox;
    // Short only where it is to be reached: a busy computer may take its time for the rest.
    const timeout = fault === 'delay' || fault === 'slow-body' ? 800 : 10_000;
    const config = { type: 'onegevity-config', environment: 'custom', baseUrl: url, timeout };
    const wires = [['out']];
    await helper.load(
      [configNode, packageNode, patientNode, catchNode],
      [
        { id: 'tab', type: 'tab', label: 'tab' },
        { id: 'c', ...config } as never,
        {
          id: 'read',
          z: 'tab',
          type: 'onegevity-package',
          config: 'c',
          operation: 'packageDetails',
          wires,
        } as never,
        {
          id: 'write',
          z: 'tab',
          type: 'onegevity-patient',
          config: 'c',
          operation: 'createPatient',
          wires,
        } as never,
        { id: 'catcher', z: 'tab', type: 'catch', scope: ['read', 'write'], wires: [['caught']] } as never,
        { id: 'out', z: 'tab', type: 'helper', wires: [] },
        { id: 'caught', z: 'tab', type: 'helper', wires: [] },
      ] as never,
      { c: { clientId, clientSecret } },
    );
  };

  /** Sends one message, and tells what came of it. */
  const send = (call: 'read' | 'write') =>
    new Promise<{ id: string; msg: Record<string, Record<string, unknown>> }>((resolve) => {
      for (const id of ['out', 'caught']) {
        helper.getNode(id).on('input', (msg: object) => resolve({ id, msg: msg as never }));
      }
      const payload =
        call === 'read' ? { packageIdentifier: 'BIO-AGE' } : { ...person, patientIdentifier: 'NEW-1' };
      helper.getNode(call).receive({ payload });
    });

  const requestsOf = async (operation: string): Promise<number> => {
    const { body } = await under.control('GET', 'requests');
    return (body.requests as { operation?: string }[]).filter((entry) => entry.operation === operation)
      .length;
  };

  const title = ({ fault: { fault, ...members }, call, error }: Case): string => {
    const details = Object.entries(members).map(([name, value]) => `${name} ${value}`);
    return `${fault} (${[call, ...details].join(', ')}): ${error?.code ?? 'goes on'}`;
  };

  for (const one of cases) {
    it(title(one), async () => {
      await flow(one);
      const { fault, call, error, calls, tokens, done } = one;
      const operation = call === 'read' ? 'packageDetails' : 'createPatient';
      under.sandbox.addFault(fault);
      const { id, msg } = await send(call);
      assert.equal(id, error ? 'caught' : 'out', JSON.stringify(msg.error));
      if (error) {
        const { code, outcome = 'failed', retryAfter } = error;
        assert.equal(msg.error?.code, code);
        const told = msg.onegevity?.error as Record<string, unknown>;
        assert.equal(told.code, code);
        assert.equal(told.outcome, outcome);
        if (retryAfter !== undefined) assert.equal(told.retryAfter, retryAfter);
        assert.ok(!JSON.stringify(msg.error).includes(under.sandbox.clientSecret));
      }
      assert.equal(await requestsOf(operation), calls, 'calls');
      if (tokens !== undefined) assert.equal(await requestsOf('token'), tokens, 'token requests');
      if (done !== undefined) {
        await under.control('DELETE', 'faults');
        const { status } = await under.api('GET', '/patients/NEW-1');
        assert.equal(status, done ? 200 : 404, 'the write');
      }
    });
  }

  it('leaves none out', () => {
    const met = new Set(cases.map(({ fault }) => fault.fault));
    const missing = faultKinds.filter(({ name, area }) => area !== 'webhook' && !met.has(name));
    assert.deepEqual(missing, []);
  });
});
