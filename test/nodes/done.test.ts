import assert from 'node:assert/strict';
import type { Inbox } from '../../src/lib/inbox/contract';
import { memoryInbox } from '../../src/lib/inbox';
import { Keyring } from '../../src/lib/inbox/keyring';
import { handleOf, registerInbox } from '../../src/lib/inbox/registry';
import done from '../../src/nodes/onegevity-done';
import { helper, useHelper } from '../support/helper';
import { InboxRecorder } from '../support/inbox-recorder';

describe('onegevity-done', () => {
  useHelper();
  let inbox: Inbox;
  let seen: InboxRecorder;
  let forget: () => void;

  beforeEach(async () => {
    inbox = memoryInbox(new Keyring(Keyring.generate()), { visibilityTimeout: 60_000, maxAttempts: 3 });
    seen = new InboxRecorder();
    forget = registerInbox('hook', inbox);
    await inbox.open(seen);
  });
  afterEach(async () => {
    forget();
    await inbox.close();
  });

  /** A message of a new delivery. */
  async function delivered(): Promise<Record<string, unknown>> {
    await inbox.put({ topic: 'order.created', receivedAt: Date.now(), content: Buffer.from('{}') });
    const { id, attempt } = await seen.one();
    return { payload: {}, onegevity: { delivery: { id: handleOf('hook', id), attempt } } };
  }

  /** Sends a message to a node with these properties. @returns the error that a catch node sees, if any */
  async function give(
    properties: Record<string, unknown>,
    ...messages: Record<string, unknown>[]
  ): Promise<Record<string, unknown> | undefined> {
    await helper.load(done, [
      { id: 'tab', type: 'tab' },
      { id: 'done', type: 'onegevity-done', z: 'tab', ...properties },
    ]);
    const node = helper.getNode('done') as unknown as {
      receive(msg: object): void;
      _complete(msg: object, error?: object): void;
    };
    let last: Record<string, unknown> | undefined;
    for (const msg of messages) {
      last = await new Promise((resolve) => {
        node._complete = (_, error) => resolve(error as Record<string, unknown> | undefined);
        node.receive(msg);
      });
    }
    return last;
  }

  it('ends a delivery; nothing but an id and an attempt is needed of the message', async () => {
    const { onegevity } = await delivered();
    assert.equal(await give({}, { onegevity }), undefined);
    assert.equal((await inbox.stats()).inFlight, 0);
  });

  it('retries after its delay', async () => {
    assert.equal(await give({ outcome: 'retry', delay: 0 }, await delivered()), undefined);
    assert.equal((await seen.one()).attempt, 2);
  });

  it('waits a minute where the delay is missing, empty or nonsense', async () => {
    for (const delay of [undefined, '', 'soon', -1]) {
      assert.equal(await give({ outcome: 'retry', delay }, await delivered()), undefined);
      await helper.unload();
    }
    const { delayed, inFlight } = await inbox.stats();
    assert.deepEqual({ delayed, inFlight }, { delayed: 4, inFlight: 0 });
  });

  const reasons: [string, Record<string, unknown>, string | undefined][] = [
    ['its own words', { error: { message: 'b', code: 'c' }, reason: 'a' }, 'a'],
    ["this package's code", { ours: 'not_found', error: { message: 'b' } }, 'not_found'],
    ['the code of a caught error', { error: { message: 'b', code: 'c' } }, 'c'],
    ['the message of a caught error', { error: { message: 'b' } }, 'b'],
    ['nothing', {}, undefined],
  ];
  for (const [name, { error, reason, ours }, expected] of reasons) {
    it(`gives up with ${name} as the reason`, async () => {
      const msg = await delivered();
      const onegevity = msg.onegevity as Record<string, Record<string, unknown>>;
      if (reason) onegevity.delivery!.reason = reason;
      if (ours) onegevity.error = { code: ours };
      await give({ outcome: 'deadLetter' }, { ...msg, error });
      await seen.until(() => seen.dead.length === 1);
      assert.equal(seen.dead[0]!.reason, expected);
    });
  }

  it('ends every delivery of complete messages that a join has collected', async () => {
    const payload = [await delivered(), await delivered(), await delivered()];
    assert.equal(await give({}, { ...payload[2], payload }), undefined);
    assert.equal((await inbox.stats()).inFlight, 0);
  });

  it('is an error where the message has no delivery', async () => {
    for (const msg of [{}, { onegevity: 5 }, { onegevity: { delivery: { hash: 'x' } } }, { payload: null }]) {
      const error = await give({}, msg);
      assert.equal(error?.code, 'delivery_missing');
      await helper.unload();
    }
  });

  it('is an error where the delivery has ended, or its inbox is not known', async () => {
    const msg = await delivered();
    const error = await give({}, structuredClone(msg), msg);
    assert.equal(error?.code, 'delivery_already_done');
    assert.deepEqual((msg.onegevity as { error: object }).error, {
      code: 'delivery_already_done',
      outcome: 'failed',
      retryable: false,
    });
    await helper.unload();
    const unknown = { onegevity: { delivery: { id: 'other:1' } } };
    assert.equal((await give({}, unknown))?.code, 'delivery_unknown');
    await helper.unload();
    assert.equal((await give({}, { onegevity: { delivery: { id: 'x' } } }))?.code, 'delivery_unknown');
  });

  it('is an error for an outcome that does not exist, and the delivery stays', async () => {
    assert.equal((await give({ outcome: 'forget' }, await delivered()))?.code, 'bad_parameter');
    assert.equal((await inbox.stats()).inFlight, 1);
  });

  it('warns of the last part of a split message too, since it may have overtaken the others', async () => {
    for (const parts of [
      { id: 'x', count: 3, index: 2 },
      { id: 'x', index: 9 },
    ]) {
      assert.equal(await give({}, { ...(await delivered()), parts }), undefined);
      const { warn } = helper.getNode('done') as unknown as { warn: { args: unknown[][] } };
      assert.deepEqual(warn.args, [['warnings.part']]);
      await helper.unload();
    }
    assert.equal(
      await give({}, { ...(await delivered()), parts: { id: 'x', count: 1, index: 0 } }),
      undefined,
    );
    const { warn } = helper.getNode('done') as unknown as { warn: { args: unknown[][] } };
    assert.deepEqual(warn.args, []);
  });

  it('warns once where only a part of a split message ends the delivery', async () => {
    const parts = (index: number) => ({ parts: { id: 'x', count: 3, index } });
    const messages = await Promise.all(
      [0, 1, 2].map(async (index) => ({ ...(await delivered()), ...parts(index) })),
    );
    assert.equal(await give({}, ...messages), undefined);
    const { warn } = helper.getNode('done') as unknown as { warn: { args: unknown[][] } };
    assert.deepEqual(warn.args, [['warnings.part']]);
  });
});
