import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { readEvent, sealDeadLetterInfo, sealEvent } from '../../../src/lib/inbox/record';
import { ServerClock } from '../../../src/lib/inbox/redis/clock';
import { DeadLetters } from '../../../src/lib/inbox/redis/dead-letters';
import { Dispatcher } from '../../../src/lib/inbox/redis/dispatcher';
import type { RedisSession } from '../../../src/lib/inbox/redis/session';
import { OfflineQueue } from '../../../src/lib/inbox/redis/offline-queue';
import type { Argument, Script } from '../../../src/lib/inbox/redis/script';
import * as scripts from '../../../src/lib/inbox/redis/scripts';
import { InboxRecorder } from '../../support/inbox-recorder';

/** A link whose server is the test. */
class ScriptedLink {
  usable = true;
  passedOn = 0;
  readonly waiting: ((woken: boolean) => void)[] = [];
  readonly #runs: [Script, Argument[]][] = [];
  readonly #replies: [Script, unknown][] = [];

  /** What a script answers the next time; a function is called. */
  next(script: Script, reply: unknown): void {
    this.#replies.push([script, reply]);
  }

  /** The arguments of each call of a script. */
  calls(script: Script): Argument[][] {
    return this.#runs.filter(([ran]) => ran === script).map(([, args]) => args);
  }

  async run(script: Script, ...args: Argument[]): Promise<unknown> {
    this.#runs.push([script, args]);
    const at = this.#replies.findIndex(([other]) => other === script);
    const reply = at < 0 ? nothing(script) : this.#replies.splice(at, 1)[0]![1];
    await turn();
    return typeof reply === 'function' ? (reply as () => unknown)() : reply;
  }

  wake(): Promise<boolean> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  signal(): Promise<void> {
    this.passedOn++;
    return Promise.resolve();
  }
}

const bytes = (value: string | number) => Buffer.from(String(value));
const nothing = (script: Script) => (script === scripts.take ? reply([]) : []);
/** What the script `take` answers. @param next milliseconds */
function reply(taken: unknown[][], next: number | null = null): unknown[] {
  return [Date.now(), next, taken, 0];
}

describe('an instance that shares an inbox in Redis', () => {
  const keyring = new Keyring(Keyring.generate());
  const visibilityTimeout = 60_000;
  const event = { topic: 'kit.updated', receivedAt: 1, content: Buffer.from('{}') };
  const record = sealEvent(keyring, 'inbox', event, 0);
  const foreign = sealEvent(new Keyring(Keyring.generate()), 'inbox', event, 0);
  const damaged = Buffer.concat([record.subarray(0, -1), Buffer.of(record.at(-1)! ^ 1)]);
  const taken = (id: string, kind = 'first', stored = record) => [bytes(id), 1, bytes(kind), stored];
  const [a, b, c] = ['1000000000000001', '1000000000000002', '1000000000000003'];

  let clock: SinonFakeTimers;
  let link: ScriptedLink;
  let seen: InboxRecorder;
  let dead: DeadLetters;
  let emission: Dispatcher;
  let time: ServerClock;

  beforeEach(() => {
    clock = useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: 1_000_000 });
    link = new ScriptedLink();
    seen = new InboxRecorder();
    const read = (stored: Buffer) => readEvent(keyring, 'inbox', stored);
    time = new ServerClock();
    time.heard(1_000_000);
    const owed = new OfflineQueue(link as unknown as RedisSession);
    const options = { consumerId: 'me', visibilityTimeout, maxAttempts: 3, inFlight: 2, read };
    dead = new DeadLetters(link as unknown as RedisSession, owed, time, keyring, seen, read);
    emission = new Dispatcher(link as unknown as RedisSession, time, dead, seen, options);
  });
  afterEach(async () => {
    await emission.stop();
    clock.restore();
  });

  const takes = () => link.calls(scripts.take).length;
  const emitted = () => seen.deliveries.map(({ id }) => id);
  /** Until nothing is under way any more. */
  async function quiet(): Promise<void> {
    for (let turns = 0; turns < 5; turns++) {
      await turn();
      await emission.idle();
    }
  }
  async function started(...first: unknown[][]): Promise<void> {
    link.next(scripts.take, reply(first));
    emission.start();
    await quiet();
  }

  describe('takes', () => {
    it('nothing before it is connected', async () => {
      emission.freed();
      emission.due(0);
      emission.due(1000);
      await quiet();
      assert.deepEqual([takes(), link.waiting.length, clock.countTimers()], [0, 0, 0]);
    });

    it('as many as it has places for, and says how long it may keep them', async () => {
      await started(taken(a));
      assert.deepEqual(link.calls(scripts.take), [['me', 2, visibilityTimeout, 3]]);
      assert.deepEqual(seen.deliveries, [{ id: a, attempt: 1, redelivered: false, event }]);
    });

    it('more at once where it got all it asked for and has places left', async () => {
      link.next(scripts.deadLetter, [bytes('ok')]);
      link.next(scripts.deadLetter, [bytes('ok')]);
      link.next(scripts.take, reply([taken(a, 'first', damaged), taken(b, 'first', damaged)]));
      await started(taken(c));
      assert.deepEqual([emitted(), takes()], [[c], 2]);
    });

    it('more when a place becomes free, where there may be more', async () => {
      await started(taken(a), taken(b));
      emission.leases.end(a);
      emission.freed();
      await quiet();
      assert.equal(takes(), 2);
      assert.equal(link.calls(scripts.take)[1]![1], 1);
    });

    it('nothing when a place becomes free, where there was no more', async () => {
      await started(taken(a));
      emission.leases.end(a);
      emission.freed();
      await quiet();
      assert.equal(takes(), 1);
    });

    it('again when a place becomes free, where a call failed and so there may be more', async () => {
      link.next(scripts.take, () => Promise.reject(new Error('no room')));
      emission.start();
      await quiet();
      assert.equal(takes(), 1);
      emission.freed();
      await quiet();
      assert.equal(takes(), 2);
    });

    it('again where it was asked to while a call failed that broke nothing', async () => {
      link.next(scripts.take, () => Promise.reject(new Error('no room')));
      link.next(scripts.take, reply([taken(a)]));
      emission.start();
      emission.pump();
      await quiet();
      assert.deepEqual([emitted(), takes()], [[a], 2]);
    });

    it('nothing over a broken link', async () => {
      link.usable = false;
      await started();
      assert.deepEqual([takes(), link.waiting.length], [0, 0]);
    });

    it('nothing more when it is stopped, and leaves what comes then to be given back', async () => {
      link.next(scripts.take, reply([taken(a)], 5000));
      emission.start();
      let stopped = false;
      const stopping = emission.stop().then(() => (stopped = true));
      await Promise.resolve();
      assert.equal(stopped, false);
      await stopping;
      link.waiting[0]!(true);
      emission.freed();
      emission.pump();
      await quiet();
      assert.deepEqual([emitted(), takes(), link.waiting.length, clock.countTimers()], [[], 1, 1, 0]);
    });
  });

  describe('waits for a token', () => {
    it('while a place is free, once at a time', async () => {
      await started(taken(a));
      emission.freed();
      emission.start();
      await quiet();
      assert.equal(link.waiting.length, 1);
    });

    it('and takes when it comes, or when the wait is over, and waits again', async () => {
      await started(taken(a));
      for (const [at, woken] of [true, false].entries()) {
        const before = takes();
        link.waiting[at]!(woken);
        await quiet();
        assert.deepEqual([takes(), link.waiting.length], [before + 1, at + 2]);
      }
      assert.equal(link.passedOn, 0);
    });

    it('which it hands on where it has no place by then', async () => {
      await started(taken(a), taken(b));
      link.waiting[0]!(true);
      await quiet();
      assert.deepEqual([link.passedOn, link.waiting.length], [1, 1]);
    });

    it('but hands on none that did not come', async () => {
      await started(taken(a), taken(b));
      link.waiting[0]!(false);
      await quiet();
      assert.deepEqual([link.passedOn, link.waiting.length], [0, 1]);
    });

    it('no more over a link that has broken meanwhile', async () => {
      await started();
      link.usable = false;
      link.waiting[0]!(false);
      await quiet();
      assert.deepEqual([takes(), link.waiting.length], [1, 1]);
    });
  });

  describe('takes what is due at a time', () => {
    it('then, and not before', async () => {
      await started();
      link.next(scripts.take, reply([taken(a, 'again')]));
      emission.due(5000);
      await clock.tickAsync(4999);
      assert.equal(takes(), 1);
      await clock.tickAsync(1);
      await quiet();
      assert.deepEqual(emitted(), [a]);
      assert.equal(seen.deliveries[0]!.redelivered, true);
    });

    it('which Redis has said', async () => {
      link.next(scripts.take, reply([], 5000));
      emission.start();
      await quiet();
      await clock.tickAsync(5000);
      await quiet();
      assert.equal(takes(), 2);
    });

    it('at the earliest of several times', async () => {
      await started();
      emission.due(5000);
      emission.due(9000);
      emission.due(1000);
      emission.due(2000);
      await clock.tickAsync(1000);
      await quiet();
      assert.equal(takes(), 2);
      assert.equal(clock.countTimers(), 0, 'each take says again what is due next');
    });

    it('without asking on and on for what was due already and was not given', async () => {
      link.next(scripts.take, reply([], 0));
      await started();
      assert.equal(takes(), 1);
    });
  });

  describe('whose places are all taken', () => {
    beforeEach(() => started(taken(a), taken(b)));

    it('frees after a second those whose deliveries were ended elsewhere, and takes more', async () => {
      link.next(scripts.pendingFor, [bytes(b)]);
      link.next(scripts.take, reply([taken(c)]));
      await clock.tickAsync(1000);
      await quiet();
      assert.deepEqual(
        [emitted(), emission.leases.ids()],
        [
          [a, b, c],
          [b, c],
        ],
      );
      assert.deepEqual(link.calls(scripts.pendingFor), [['me', 1000, '']]);
    });

    it('looks every second, and takes nothing while none is free', async () => {
      for (let second = 0; second < 3; second++) {
        link.next(scripts.pendingFor, [bytes(a), bytes(b)]);
        await clock.tickAsync(1000);
        await quiet();
      }
      assert.deepEqual([link.calls(scripts.pendingFor).length, takes()], [3, 1]);
    });

    for (const [name, change] of [
      ['when it is stopped', () => emission.stop()],
      ['over a broken link', () => (link.usable = false)],
      ['where a place has become free', () => emission.leases.end(a)],
    ] as const)
      it(`does not look ${name}`, async () => {
        await change();
        await clock.tickAsync(5000);
        await quiet();
        assert.deepEqual(link.calls(scripts.pendingFor), []);
      });

    it('does not look where it is stopped while it waits for what is under way', async () => {
      link.next(scripts.take, () => new Promise((resolve) => setTimeout(() => resolve(reply([])), 1500)));
      emission.leases.end(a);
      emission.pump();
      await turn();
      emission.leases.acquire(a, 1, 0);
      await clock.tickAsync(1000);
      const stopped = emission.stop();
      await clock.tickAsync(1000);
      await stopped;
      await quiet();
      assert.deepEqual(link.calls(scripts.pendingFor), []);
    });
  });

  it('with a free place does not look for what was ended elsewhere', async () => {
    await started(taken(a));
    await clock.tickAsync(5000);
    await quiet();
    assert.deepEqual(link.calls(scripts.pendingFor), []);
  });

  describe('that compares what it has with what Redis has', () => {
    it('gives back what came and was lost on the way, and nothing else', async () => {
      await started(taken(a));
      link.next(scripts.pendingFor, [bytes(a), bytes(b)]);
      await emission.compare();
      assert.deepEqual(link.calls(scripts.release), [['me', b]]);
      assert.deepEqual(emission.leases.ids(), [a]);
    });

    it('gives nothing back where it has all', async () => {
      await started(taken(a));
      link.next(scripts.pendingFor, [bytes(a)]);
      await emission.compare();
      assert.deepEqual(link.calls(scripts.release), []);
    });
  });

  describe('and its dead letters', () => {
    const death = (id: string) =>
      sealDeadLetterInfo(keyring, id, {
        attempts: 2,
        deadLetteredAt: 1234,
        cause: 'dead_lettered',
        reason: 'not_found',
      });

    it('reports one as an event that was in a flow before', async () => {
      link.next(scripts.deadLetter, [bytes('ok')]);
      await started(taken(a, 'exhausted'));
      assert.deepEqual(seen.dead, [{ id: a, attempt: 1, redelivered: true, event, cause: 'max_attempts' }]);
      assert.deepEqual(emitted(), []);
    });

    it('reports none of what was ended elsewhere meanwhile', async () => {
      link.next(scripts.deadLetter, [bytes('ended')]);
      link.next(scripts.deadLetter, [bytes('superseded'), 2]);
      await started(taken(a, 'exhausted'), taken(b, 'first', damaged));
      assert.equal(link.calls(scripts.deadLetter).length, 2);
      assert.deepEqual([seen.dead, seen.quarantines], [[], []]);
    });

    it('gives back those that can be read again, oldest first', async () => {
      link.next(scripts.listUnreadable, [
        [bytes(c), record],
        [bytes(b), damaged],
        [bytes(a), record],
      ]);
      await dead.restore();
      assert.deepEqual(
        link.calls(scripts.replay).map(([id]) => id),
        [a, c],
      );
    });

    it('shows them without what cannot be read of them', async () => {
      link.next(scripts.listDeadLetters, [
        [bytes(a), death(a), record],
        [bytes(b), bytes('damaged'), record],
        [bytes(c), null, foreign],
      ]);
      const { topic, receivedAt } = event;
      assert.deepEqual(await dead.list(10), [
        {
          id: a,
          topic,
          receivedAt,
          deadLetteredAt: 1234,
          attempts: 2,
          cause: 'dead_lettered',
          reason: 'not_found',
        },
        { id: b, topic, receivedAt, deadLetteredAt: 1_000_000_000_000, attempts: 0, cause: 'damaged' },
        {
          id: c,
          receivedAt: 1_000_000_000_000,
          deadLetteredAt: 1_000_000_000_000,
          attempts: 0,
          cause: 'unknown_key',
        },
      ]);
    });

    it('keeps when and why one was set aside', async () => {
      link.next(scripts.deadLetter, [bytes('ok')]);
      await started(taken(a, 'first', foreign));
      const [[, , sealed] = []] = link.calls(scripts.deadLetter);
      clock.setSystemTime(2_000_000);
      link.next(scripts.listDeadLetters, [[bytes(a), sealed, record]]);
      const [letter] = await dead.list(1);
      assert.deepEqual(
        [letter!.cause, letter!.deadLetteredAt, letter!.attempts],
        ['unknown_key', 1_000_000, 1],
      );
    });
  });
});
