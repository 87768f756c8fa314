import assert from 'node:assert/strict';
import { OnegevityError } from '../../../src/lib/errors';
import { endDelivery } from '../../../src/lib/inbox/end-delivery';
import type { Inbox } from '../../../src/lib/inbox/contract';
import { handleOf, knownInbox, registerInbox, openDelivery } from '../../../src/lib/inbox/registry';

describe('the end of a delivery', () => {
  const calls: unknown[][] = [];
  let failing: string | undefined;
  const told = (...call: unknown[]): Promise<void> => {
    calls.push(call);
    return call[1] === failing
      ? Promise.reject(new OnegevityError('delivery_already_done'))
      : Promise.resolve();
  };
  const inbox = {
    done: (...args: unknown[]) => told('done', ...args),
    retry: (...args: unknown[]) => told('retry', ...args),
    deadLetter: (...args: unknown[]) => told('deadLetter', ...args),
  } as unknown as Inbox;
  let forget: () => void;
  beforeEach(() => {
    calls.length = 0;
    failing = undefined;
    forget = registerInbox('hook:a', inbox);
  });
  afterEach(() => forget());

  const message = (id: string, attempt?: unknown, more: object = {}) => ({
    onegevity: {
      delivery: { id: handleOf('hook:a', id), ...(attempt === undefined ? {} : { attempt }), ...more },
    },
  });

  it('is what the flow says, for the attempt that the message is of', async () => {
    await endDelivery(message('1', 2), 'done', 0);
    await endDelivery(message('2', 1), 'retry', 5000);
    await endDelivery(message('3', 3), 'deadLetter', 0);
    await endDelivery(message('4'), 'done', 0);
    await endDelivery(message('5', '1'), 'done', 0);
    assert.deepEqual(calls, [
      ['done', '1', 2],
      ['retry', '2', 1, 5000],
      ['deadLetter', '3', 3, undefined],
      ['done', '4', undefined],
      ['done', '5', undefined],
    ]);
  });

  it('is that of all messages that a join node has collected, each once', async () => {
    const list = { ...message('1', 1), payload: [message('1', 1), message('2', 1), 'x', null, {}] };
    await endDelivery(list, 'done', 0);
    await endDelivery({ payload: { a: message('3', 1), b: message('4', 1) } }, 'done', 0);
    assert.deepEqual(
      calls,
      ['1', '2', '3', '4'].map((id) => ['done', id, 1]),
    );
  });

  it('fails with the first one that fails, and the others end all the same', async () => {
    failing = '1';
    const all = { payload: [message('1', 1), message('2', 1)] };
    await assert.rejects(endDelivery(all, 'done', 0), { code: 'delivery_already_done' });
    assert.equal(calls.length, 2);
  });

  it('is missing in a message that carries no delivery', async () => {
    for (const onegevity of [
      undefined,
      null,
      'x',
      {},
      { delivery: 'x' },
      { delivery: { id: '' } },
      { delivery: { id: 5 } },
    ]) {
      await assert.rejects(endDelivery({ payload: {}, onegevity }, 'done', 0), { code: 'delivery_missing' });
    }
  });

  it('is unknown where its inbox is not open', async () => {
    for (const id of ['hook:b:1', 'hook', ':1', 'hook:a']) {
      await assert.rejects(endDelivery({ onegevity: { delivery: { id } } }, 'done', 0), {
        code: 'delivery_unknown',
      });
    }
    forget();
    await assert.rejects(endDelivery(message('1'), 'done', 0), { code: 'delivery_unknown' });
    assert.deepEqual(calls, []);
  });

  it('has as its reason what the flow says, else the code, else the text of the error', async () => {
    const error = { code: 'CAUGHT', message: 'caught' };
    const withError = { ...message('1', 1), error };
    const ours = { onegevity: { ...message('1', 1).onegevity, error: { code: 'timeout' } }, error };
    for (const [msg, reason] of [
      [{ ...message('1', 1, { reason: 'own words' }), error }, 'own words'],
      [ours, 'timeout'],
      [withError, 'CAUGHT'],
      [{ ...withError, error: { code: '', message: 'caught' } }, 'caught'],
      [{ ...withError, error: { code: 5, message: 5 } }, undefined],
      [{ ...withError, error: { message: 'x'.repeat(501) } }, 'x'.repeat(500)],
    ] as const) {
      await endDelivery(msg, 'deadLetter', 0);
      assert.deepEqual(calls.pop(), ['deadLetter', '1', 1, reason]);
    }
  });

  it('stays known to who made it known last', () => {
    const newer = {} as Inbox;
    const forgetNewer = registerInbox('hook:a', newer);
    forget();
    assert.equal(knownInbox('hook:a'), newer);
    assert.deepEqual(openDelivery('hook:a:7'), { inbox: newer, id: '7' });
    forgetNewer();
    assert.equal(knownInbox('hook:a'), undefined);
  });
});
