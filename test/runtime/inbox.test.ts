import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebhookEvent } from '../../src/lib/webhook/event';
import { Keyring } from '../../src/lib/webhook/inbox/keyring';
import { LevelStore } from '../../src/lib/webhook/inbox/level-store';
import {
  eventBody,
  hold,
  inboxCredentials,
  inboxFlow,
  inboxKey,
  probe,
  sendEvents,
  viewInbox,
  waitUntilEmpty,
  type Way,
} from '../support/inbox-flow';
import { type FlowNode, type NodeRed, type NodeRedOptions, startNodeRed } from '../support/node-red';
import { post, secret } from '../support/webhook';

describe('the durable inbox on a real Node-RED', () => {
  let userDir: string;
  let nodeRed: NodeRed | undefined;

  beforeEach(() => {
    userDir = mkdtempSync(join(tmpdir(), 'onegevity-inbox-'));
  });
  afterEach(async () => {
    await nodeRed?.stop('SIGKILL');
    nodeRed = undefined;
    rmSync(userDir, { recursive: true, force: true });
  });

  async function start(flows: readonly FlowNode[], options: NodeRedOptions = {}): Promise<NodeRed> {
    nodeRed = await startNodeRed({ userDir, flows, credentials: inboxCredentials, ...options });
    return nodeRed;
  }

  const askInbox = (path: string, method: 'GET' | 'POST', headers: Record<string, string> = {}) =>
    fetch(`${nodeRed!.url}/onegevity/inbox/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(method === 'POST' ? { body: '{}' } : {}),
    });
  const send = (body: string) => post(`${nodeRed!.url}/hook/order.created`, body);
  const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const range = (from: number, to: number) => ids(to - from + 1).map((id) => id + from - 1);
  const folder = () => join(userDir, 'onegevity', 'inbox', 'hook');

  describe('storing and ending', () => {
    it('emits an event with its handle, and forgets it when a done node says so', async () => {
      await start(inboxFlow());
      assert.equal((await send(eventBody(1))).status, 200);
      const [first] = await nodeRed!.waitForMessages('event');
      assert.deepEqual(first!.msg.payload, JSON.parse(eventBody(1)));
      assert.equal(first!.msg.topic, 'order.created');
      const { id, attempt, replayed, hash, receivedAt } = first!.msg.onegevity.delivery as Required<
        WebhookEvent['delivery']
      >;
      assert.deepEqual([attempt, replayed], [1, false]);
      assert.match(id, /^hook:\d{16}$/);
      assert.match(hash, /^[0-9a-f]{64}$/);
      assert.ok(Math.abs(Date.parse(receivedAt) - Date.now()) < 60_000);
      await waitUntilEmpty(nodeRed!);
    });

    it('keeps what is not JSON as the bytes it was', async () => {
      await start(inboxFlow({}, [{ ...probe, wires: [[]] }]));
      const body = Buffer.from([0xff, 0xfe, 0x7b, 0x00]);
      assert.equal((await post(`${nodeRed!.url}/hook/order.created`, body)).status, 200);
      const [message] = await nodeRed!.waitForMessages('other');
      assert.deepEqual(Buffer.from(message!.msg.payload as Uint8Array), body);
    });

    it('is done at once with an event whose output is wired to nothing', async () => {
      const flow = inboxFlow();
      const hook = flow.find(({ id }) => id === 'hook')!;
      await start(flow.map((node) => (node === hook ? { ...hook, wires: [[], []] } : node)));
      assert.equal((await send(eventBody(1))).status, 200);
      const { stats } = await viewInbox(nodeRed!);
      assert.equal(stats.waiting + stats.inFlight, 0);
      assert.deepEqual(nodeRed!.messagesOf('event'), []);
    });

    it('is not even loaded where no node uses it', async () => {
      await start(inboxFlow({ inbox: 'none' }, [hold]));
      await send(eventBody(1));
      await nodeRed!.waitForMessages('event');
      const loaded = await nodeRed!.evaluate<string[]>('Object.keys(require("module")._cache)');
      assert.deepEqual(
        loaded.filter((file) => /(classic|abstract)-level.*\.(js|node)$/.test(file)),
        [],
      );
    });

    it('refuses events with 503 and a red status where there is no key, or no right one', async () => {
      const cases = [
        [undefined, 'inbox key missing'],
        ['secret', 'bad inbox key'],
        ['${NO_SUCH_VARIABLE}', 'variable not set'],
      ] as const;
      for (const [key, text] of cases) {
        const config = { webhookSecret: secret, ...(key ? { inboxKey: key } : {}) };
        await start(inboxFlow(), { credentials: { config } });
        const answer = await send(eventBody(1));
        assert.equal(answer.status, 503);
        assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
        await nodeRed!.waitForStatus('hook', (status) => status.text === text && status.fill === 'red');
        await nodeRed!.stop();
      }
    });

    it('refuses to be combined with an answer by the flow', async () => {
      await start(inboxFlow({ respond: 'flow' }));
      assert.equal((await send(eventBody(1))).status, 503);
      await nodeRed!.waitForStatus('hook', ({ text }) => text === 'inbox: answer first');
    });

    it('works in the sandbox without any key', async () => {
      const flow = inboxFlow().map((node) =>
        node.id === 'config' ? { id: 'config', type: 'onegevity-config', environment: 'sandbox' } : node,
      );
      await start(flow, { credentials: {} });
      await nodeRed!.waitForStatus('hook', ({ fill }) => fill === 'yellow');
      const { stats } = await viewInbox(nodeRed!);
      assert.equal(stats.waiting, 0);
    });
  });

  describe("a delivery's handle survives", () => {
    const ways: [string, Way][] = [
      [
        'function and change nodes',
        [
          {
            id: 'first',
            type: 'function',
            z: 'tab',
            func: 'msg.payload = 5; return msg;',
            outputs: 1,
            wires: [['change']],
          },
          {
            id: 'change',
            type: 'change',
            z: 'tab',
            rules: [{ t: 'set', p: 'topic', pt: 'msg', to: 'x', tot: 'str' }],
            wires: [['done']],
          },
        ],
      ],
      [
        'split and join',
        [
          { id: 'first', type: 'split', z: 'tab', arraySplt: 1, arraySpltType: 'len', wires: [['join']] },
          { id: 'join', type: 'join', z: 'tab', mode: 'auto', wires: [['done']] },
        ],
      ],
      [
        'link nodes',
        [
          { id: 'first', type: 'link out', z: 'tab', mode: 'link', links: ['in'], wires: [] },
          { id: 'in', type: 'link in', z: 'tab', links: ['first'], wires: [['done']] },
        ],
      ],
      [
        'a link call',
        [
          { id: 'first', type: 'link call', z: 'tab', links: ['in'], linkType: 'static', wires: [['done']] },
          { id: 'in', type: 'link in', z: 'tab', links: [], wires: [['back']] },
          { id: 'back', type: 'link out', z: 'tab', mode: 'return', links: [], wires: [] },
        ],
      ],
      [
        'an action node',
        [
          {
            id: 'first',
            type: 'onegevity-package',
            z: 'tab',
            config: 'account',
            operation: 'listPackages',
            wires: [['done']],
          },
          { id: 'account', type: 'onegevity-config', environment: 'sandbox' },
        ],
      ],
      [
        'an action node that fails, and a catch node',
        [
          {
            id: 'first',
            type: 'onegevity-package',
            z: 'tab',
            config: 'config',
            operation: 'packageDetails',
            wires: [[]],
          },
          { id: 'caught', type: 'catch', z: 'tab', scope: ['first'], wires: [['done']] },
        ],
      ],
      [
        'a delay node',
        [
          {
            id: 'first',
            type: 'delay',
            z: 'tab',
            pauseType: 'delay',
            timeout: '10',
            timeoutUnits: 'milliseconds',
            wires: [['done']],
          },
        ],
      ],
      [
        'a join of several complete messages',
        [
          {
            id: 'first',
            type: 'join',
            z: 'tab',
            mode: 'custom',
            build: 'array',
            property: '',
            propertyType: 'full',
            count: '3',
            wires: [['done']],
          },
        ],
      ],
    ];
    for (const [name, way] of ways) {
      it(name, async () => {
        await start(inboxFlow({}, way));
        await sendEvents(nodeRed!.port, ids(3), 1);
        await waitUntilEmpty(nodeRed!);
        assert.deepEqual(nodeRed!.messagesOf('failed'), []);
      });
    }

    it('and the second done node of a delivery is an error that a catch node sees', async () => {
      await start(inboxFlow({}, [{ ...probe, wires: [['done', 'done']] }]));
      await send(eventBody(1));
      const [failed] = await nodeRed!.waitForMessages('failed');
      assert.equal(failed!.msg.error.code, 'delivery_ended');
    });
  });

  describe('when Node-RED ends in between', () => {
    it('emits once more, marked, what was stored and not done', async () => {
      await start(inboxFlow({}, [hold]));
      assert.equal((await send(eventBody(1))).status, 200);
      const [first] = await nodeRed!.waitForMessages('event');
      await nodeRed!.stop('SIGKILL');
      await start(inboxFlow());
      const [again] = await nodeRed!.waitForMessages('event');
      assert.deepEqual(again!.msg.payload, first!.msg.payload);
      assert.equal(again!.msg.onegevity.delivery.id, first!.msg.onegevity.delivery.id);
      assert.equal(again!.msg.onegevity.delivery.replayed, true);
      assert.equal(again!.msg.onegevity.delivery.attempt, 2);
      await waitUntilEmpty(nodeRed!);
      assert.equal(nodeRed!.messagesOf('event').length, 1);
      await nodeRed!.stop('SIGKILL');
      await start(inboxFlow());
      await waitUntilEmpty(nodeRed!);
      assert.deepEqual(nodeRed!.messagesOf('event'), []);
    });

    it('has sent no 2xx for what was not stored', async () => {
      await start(inboxFlow());
      // From here on nothing that is written arrives anywhere.
      await nodeRed!.evaluate(
        `void (require("classic-level").ClassicLevel.prototype.batch = () => ({
          put() {}, del() {}, write: () => new Promise(() => undefined),
        }))`,
      );
      const answer = send(eventBody(1)).then(
        ({ status }) => status,
        () => 'none',
      );
      assert.equal(
        await Promise.race([answer, nodeRed!.evaluate('new Promise((r) => setTimeout(r, 300))')]),
        undefined,
      );
      await nodeRed!.stop('SIGKILL');
      assert.equal(await answer, 'none');
      await start(inboxFlow());
      await waitUntilEmpty(nodeRed!);
      assert.deepEqual(nodeRed!.messagesOf('event'), []);
    });

    it('loses none of the events it accepted over several kills under load, and repeats none unmarked', async () => {
      const seen = new Map<number, { count: number; unmarked: number }>();
      const accepted: number[] = [];
      const note = (instance: NodeRed) => {
        for (const { msg } of instance.messagesOf('event')) {
          const entry = seen.get(msg.payload.id as number) ?? { count: 0, unmarked: 0 };
          entry.count++;
          if (!msg.onegevity.delivery.replayed) entry.unmarked++;
          seen.set(msg.payload.id as number, entry);
        }
      };
      let next = 1;
      for (let round = 0; round < 3; round++) {
        const instance = await start(inboxFlow({ attempts: 10 }));
        const batch = range(next, next + 399);
        next += 400;
        const sending = sendEvents(instance.port, batch);
        await instance.waitForMessages('event', 50 + round * 60);
        await instance.stop('SIGKILL');
        accepted.push(...(await sending).accepted);
        note(instance);
      }
      const last = await start(inboxFlow({ attempts: 10 }));
      await waitUntilEmpty(last);
      note(last);
      assert.ok(accepted.length > 100, `${accepted.length} accepted`);
      assert.deepEqual(
        accepted.filter((id) => !seen.has(id)),
        [],
      );
      assert.deepEqual(
        [...seen].filter(([, { unmarked }]) => unmarked > 1),
        [],
      );
    });

    it('emits again after a deploy what the deploy interrupted', async () => {
      await start(inboxFlow({}, [hold]));
      await send(eventBody(1));
      await nodeRed!.waitForMessages('event');
      await nodeRed!.deploy(inboxFlow());
      const [, again] = await nodeRed!.waitForMessages('event', 2);
      assert.deepEqual(
        [again!.msg.onegevity.delivery.replayed, again!.msg.onegevity.delivery.attempt],
        [true, 1],
      );
      await waitUntilEmpty(nodeRed!);
    });

    it('starts with many events waiting about as fast as without', async () => {
      await start(inboxFlow({}, [hold]));
      const { accepted } = await sendEvents(nodeRed!.port, ids(3000), 50);
      assert.equal(accepted.length, 3000);
      await nodeRed!.stop('SIGKILL');
      const before = Date.now();
      await start(inboxFlow());
      assert.ok(Date.now() - before < 10_000);
      await waitUntilEmpty(nodeRed!);
      const order = nodeRed!.messagesOf('event').map(({ msg }) => msg.onegevity.delivery.id as string);
      assert.equal(order.length, 3000);
      assert.deepEqual(order, [...order].sort());
    });
  });

  describe('changing secrets and keys', () => {
    it('strands nothing: 1,000 events that wait are delivered after all of them have been changed', async () => {
      await start(inboxFlow({}, [hold]));
      const { accepted } = await sendEvents(nodeRed!.port, ids(1000), 50);
      assert.equal(accepted.length, 1000);
      await nodeRed!.stop();
      const config = {
        clientId: 'new',
        clientSecret: 'new',
        webhookSecret: 'new',
        previousWebhookSecret: secret,
        inboxKey: Keyring.generate(),
        previousInboxKey: inboxKey,
      };
      await start(inboxFlow(), { credentials: { config } });
      assert.equal((await send(eventBody(1001))).status, 200, 'the previous secret still signs');
      await nodeRed!.waitForMessages('event', 1001);
      await waitUntilEmpty(nodeRed!);
      const got = nodeRed!.messagesOf('event').map(({ msg }) => msg.payload.id as number);
      assert.deepEqual(
        [...new Set(got)].sort((a, b) => a - b),
        ids(1001),
      );
      await nodeRed!.stop();
      await start(inboxFlow(), { credentials: { config: { ...config, previousInboxKey: '' } } });
      const { stats } = await viewInbox(nodeRed!);
      assert.equal(stats.setAside, 0);
    });

    it('sets aside what no key can read, and delivers it once the key is back', async () => {
      await start(inboxFlow({}, [hold]));
      await send(eventBody(1));
      await nodeRed!.stop();
      const other = { config: { webhookSecret: secret, inboxKey: Keyring.generate() } };
      await start(inboxFlow(), { credentials: other });
      await nodeRed!.waitForLog(/key is not configured/);
      assert.equal((await viewInbox(nodeRed!)).stats.setAside, 1);
      await nodeRed!.stop();
      await start(inboxFlow());
      await nodeRed!.waitForMessages('event');
      await waitUntilEmpty(nodeRed!);
    });
  });

  describe('faults of the storage', () => {
    it('sets a damaged record aside and reports it; the others go on', async () => {
      await start(inboxFlow({}, [hold]));
      await sendEvents(nodeRed!.port, ids(3), 1);
      await nodeRed!.stop();
      const store = new LevelStore(folder());
      await store.open();
      const [, second] = await store.entries({ gt: 'e!', lt: 'e"' }, 3);
      const [key, value] = second!;
      value[value.length - 1]! ^= 1;
      await store.write([{ type: 'put', key, value }], true);
      await store.close();
      await start(inboxFlow());
      await nodeRed!.waitForMessages('event', 2);
      const { stats, deadLetters } = await waitUntilEmpty(nodeRed!);
      assert.equal(stats.setAside, 1);
      assert.equal(deadLetters[0]!.cause, 'damaged');
      await nodeRed!.waitForLog(/record is damaged/);
    });

    it('refuses with 503 where it cannot write its folder, and recovers', async () => {
      await start(inboxFlow());
      await send(eventBody(1));
      await waitUntilEmpty(nodeRed!);
      await nodeRed!.evaluate(
        `void (() => {
          const { prototype } = require("classic-level").ClassicLevel;
          const batch = prototype.batch;
          prototype.batch = () => { throw new Error("ENOSPC"); };
          globalThis.mend = () => void (prototype.batch = batch);
        })()`,
      );
      const refused = await send(eventBody(2));
      assert.equal(refused.status, 503);
      assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
      await nodeRed!.waitForStatus('hook', ({ text }) => text === 'inbox unavailable');
      await nodeRed!.evaluate('globalThis.mend()');
      await nodeRed!.waitForStatus('hook', ({ text }) => text !== 'inbox unavailable');
      assert.equal((await send(eventBody(3))).status, 200);
      await nodeRed!.waitForMessages('event', 2);
      const got = nodeRed!.messagesOf('event').map(({ msg }) => msg.payload.id as number);
      assert.deepEqual(got, [1, 3]);
    });
  });

  describe('dead letters', () => {
    it('come after the attempts, leave by their output, and can be replayed or discarded', async () => {
      await start(inboxFlow({ attempts: 1, visibility: 0.2, deadLetterOutput: true }, [hold]));
      await send(eventBody(1, 'Ada Lovelace'));
      await send(eventBody(2, 'Ada Lovelace'));
      const dead = await nodeRed!.waitForMessages('dead', 2);
      assert.equal(dead[0]!.msg.onegevity.delivery.cause, 'attempts');
      assert.equal(dead[0]!.msg.payload.patientIdentifier, 'Ada Lovelace');
      const { deadLetters } = await viewInbox(nodeRed!);
      assert.equal(deadLetters.length, 2);
      assert.deepEqual(
        deadLetters.map(({ topic, cause, attempts }) => ({ topic, cause, attempts })),
        [1, 2].map(() => ({ topic: 'order.created', cause: 'attempts', attempts: 1 })),
      );
      assert.doesNotMatch(JSON.stringify(deadLetters), /Ada|O1/);

      const act = (letter: string, action: string) => askInbox(`hook/${letter}/${action}`, 'POST');
      assert.deepEqual(await (await act(deadLetters[0]!.id, 'replay')).json(), { ok: true, found: true });
      await nodeRed!.waitForMessages('event', 3);
      assert.deepEqual(await (await act(deadLetters[1]!.id, 'discard')).json(), { ok: true, found: true });
      assert.deepEqual(await (await act(deadLetters[1]!.id, 'discard')).json(), { ok: true, found: false });
      assert.equal((await act('nonsense', 'replay')).status, 200);
    });

    it('tell why the flow gave up, in the message alone', async () => {
      await start(
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
          { outcome: 'giveUp' },
        ),
      );
      await send(eventBody(1));
      const [dead] = await nodeRed!.waitForMessages('dead');
      assert.equal(dead!.msg.onegevity.delivery.reason, 'Ada has moved');
      const { deadLetters } = await viewInbox(nodeRed!);
      assert.equal(deadLetters[0]!.cause, 'gave_up');
      assert.doesNotMatch(JSON.stringify(deadLetters) + nodeRed!.log, /Ada has moved/);
    });

    it('are shown to those with permission only, and not to pages of another origin', async () => {
      const adminAuth = {
        type: 'credentials',
        users: [{ username: 'a', password: 'x', permissions: '*' }],
      };
      await start(inboxFlow(), { settings: { adminAuth } });
      const asked = [
        ['hook', 'GET'],
        ['hook/1/replay', 'POST'],
        ['hook/1/discard', 'POST'],
      ] as const;
      for (const [path, method] of asked) {
        assert.equal((await askInbox(path, method)).status, 401);
      }
      await nodeRed!.stop();
      await start(inboxFlow());
      for (const [path, method] of asked) {
        const foreign = await askInbox(path, method, { origin: 'https://elsewhere.example' });
        assert.equal(foreign.status, 403);
      }
      const { code } = (await (await askInbox('nobody', 'GET')).json()) as { code: string };
      assert.equal(code, 'no_inbox');
    });
  });

  describe('retries', () => {
    it('emit an event again after the delay, with its attempts counted', async () => {
      const way: Way = [
        { ...probe, wires: [['choose']] },
        {
          id: 'choose',
          type: 'function',
          z: 'tab',
          func: 'return msg.onegevity.delivery.attempt < 3 ? [msg, null] : [null, msg];',
          outputs: 2,
          wires: [['again'], ['done']],
        },
        { id: 'again', type: 'onegevity-done', z: 'tab', outcome: 'retry', delay: 0.05 },
      ];
      await start(inboxFlow({}, way));
      await send(eventBody(1));
      const messages = await nodeRed!.waitForMessages('event', 3);
      assert.deepEqual(
        messages.map(({ msg }): unknown[] => [
          msg.onegevity.delivery.attempt,
          msg.onegevity.delivery.replayed,
        ]),
        [
          [1, false],
          [2, true],
          [3, true],
        ],
      );
      await waitUntilEmpty(nodeRed!);
    });
  });

  describe('duplicates', () => {
    it('are recognised across restarts, and leave by their output', async () => {
      const properties = { duplicates: 300, duplicatesOutput: true };
      await start(inboxFlow(properties));
      assert.equal((await send(eventBody(1))).status, 200);
      await nodeRed!.waitForMessages('event');
      await nodeRed!.stop('SIGKILL');
      await start(inboxFlow(properties));
      assert.equal((await send(eventBody(1))).status, 200);
      const [duplicate] = await nodeRed!.waitForMessages('duplicates');
      assert.equal(duplicate!.msg.onegevity.duplicate, true);
      assert.equal((await send(eventBody(2))).status, 200);
      const second = await nodeRed!.waitFor(
        () => nodeRed!.messagesOf('event').find(({ msg }) => msg.payload.id === 2),
        'the other event',
      );
      assert.equal(second.msg.onegevity.delivery.replayed, false);
      const first = nodeRed!.messagesOf('event').filter(({ msg }) => msg.payload.id === 1);
      assert.ok(first.every(({ msg }) => msg.onegevity.delivery.replayed));
    });
  });

  describe('the folder', () => {
    it('holds nothing of an event, its topic or a secret in the clear', async () => {
      const patient = 'Ada-Lovelace-canary';
      await start(inboxFlow({ duplicates: 300, attempts: 1, visibility: 0.2 }, [hold]));
      await send(eventBody(1, patient));
      await nodeRed!.waitForLog(/dead letter/);
      await nodeRed!.stop();
      const files = readdirSync(folder());
      assert.ok(files.length > 3);
      for (const file of files) {
        const bytes = readFileSync(join(folder(), file));
        for (const canary of [patient, 'orderIdentifier', 'order.created', secret, inboxKey])
          assert.equal(bytes.includes(canary), false, `${canary} in ${file}`);
      }
    });

    it('goes with its node where nothing waits, and stays where something does, which is said', async () => {
      await start(inboxFlow());
      await send(eventBody(1));
      await waitUntilEmpty(nodeRed!);
      const without = inboxFlow().filter(({ id }) => id !== 'hook');
      await nodeRed!.deploy(without);
      assert.equal(existsSync(folder()), false);
      await nodeRed!.deploy(inboxFlow({}, [hold]));
      await send(eventBody(2));
      await nodeRed!.deploy(without);
      await nodeRed!.waitForLog(/deleted while 1 event/);
      assert.equal(existsSync(folder()), true);
      await nodeRed!.deploy(inboxFlow({ inbox: 'none' }));
      await nodeRed!.waitForLog(/left in this node's disk inbox/);
      await nodeRed!.deploy(inboxFlow());
      await nodeRed!.waitFor(
        () =>
          nodeRed!
            .messagesOf('event')
            .find(({ msg }) => msg.payload.id === 2 && msg.onegevity.delivery.replayed),
        'the event that was left',
      );
    });
  });
});
