import assert from 'node:assert/strict';
import { eventBody, hold, inboxFlow, viewInbox } from '../support/inbox-flow';
import { useInbox } from '../support/inbox-suite';

describe('dead letters on a real Node-RED', function () {
  // Some start Node-RED several times.
  this.timeout(60_000);
  const suite = useInbox();

  it('come after the attempts, leave by their output, and can be replayed or discarded', async () => {
    await suite.start(inboxFlow({ maxAttempts: 1, visibilityTimeout: 0.2, deadLetterOutput: true }, [hold]));
    await suite.send(eventBody(1, 'Ada Lovelace'));
    await suite.send(eventBody(2, 'Ada Lovelace'));
    const dead = await suite.nodeRed.waitForMessages('dead', 2);
    assert.equal(dead[0]!.msg.onegevity.delivery.cause, 'max_attempts');
    assert.equal(dead[0]!.msg.payload.patientIdentifier, 'Ada Lovelace');
    const { deadLetters } = await viewInbox(suite.nodeRed);
    assert.equal(deadLetters.length, 2);
    assert.deepEqual(
      deadLetters.map(({ topic, cause, attempts }) => ({ topic, cause, attempts })),
      [1, 2].map(() => ({ topic: 'order.created', cause: 'max_attempts', attempts: 1 })),
    );
    assert.doesNotMatch(JSON.stringify(deadLetters), /Ada|O1/);

    const act = (letter: string, action: string) => suite.ask(`hook/${letter}/${action}`, 'POST');
    assert.deepEqual(await (await act(deadLetters[0]!.id, 'replay')).json(), { ok: true, found: true });
    await suite.nodeRed.waitForMessages('event', 3);
    assert.deepEqual(await (await act(deadLetters[1]!.id, 'discard')).json(), { ok: true, found: true });
    assert.deepEqual(await (await act(deadLetters[1]!.id, 'discard')).json(), { ok: true, found: false });
    assert.equal((await act('nonsense', 'replay')).status, 200);
  });

  it('tell why the flow gave up, in the message alone', async () => {
    await suite.start(
      inboxFlow(
        { deadLetterOutput: true },
        [
          {
            id: 'first',
            type: 'function',
            z: 'tab',
            func: 'msg.onegevity.delivery.reason = "Ada has moved"; return msg;',
            outputs: 1,
            wires: [['done']],
          },
        ],
        { outcome: 'deadLetter' },
      ),
    );
    await suite.send(eventBody(1));
    const [dead] = await suite.nodeRed.waitForMessages('dead');
    assert.equal(dead!.msg.onegevity.delivery.reason, 'Ada has moved');
    const { deadLetters } = await viewInbox(suite.nodeRed);
    assert.equal(deadLetters[0]!.cause, 'dead_lettered');
    assert.doesNotMatch(JSON.stringify(deadLetters) + suite.nodeRed.log, /Ada has moved/);
  });

  it('are shown to those with permission only, and not to pages of another origin', async () => {
    const adminAuth = {
      type: 'credentials',
      users: [{ username: 'a', password: 'x', permissions: '*' }],
    };
    await suite.start(inboxFlow(), { settings: { adminAuth } });
    const asked = [
      ['hook', 'GET'],
      ['hook/1/replay', 'POST'],
      ['hook/1/discard', 'POST'],
    ] as const;
    for (const [path, method] of asked) {
      assert.equal((await suite.ask(path, method)).status, 401);
    }
    await suite.nodeRed.stop();
    await suite.start(inboxFlow());
    for (const [path, method] of asked) {
      const foreign = await suite.ask(path, method, { origin: 'https://elsewhere.example' });
      assert.equal(foreign.status, 403);
    }
    const { code } = (await (await suite.ask('nobody', 'GET')).json()) as { code: string };
    assert.equal(code, 'no_inbox');
  });
});
