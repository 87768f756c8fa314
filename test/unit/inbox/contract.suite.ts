import assert from 'node:assert/strict';
import type { Inbox, InboxOptions } from '../../../src/lib/inbox/contract';
import { Keyring } from '../../../src/lib/inbox/keyring';
import { InboxRecorder } from '../../support/inbox-recorder';

/** One kind of inbox, as the suite drives it. All inboxes of one bench share their data. */
export interface InboxBench {
  create(keyring: Keyring, options: InboxOptions): Inbox;
  /** The process ends: nothing is closed, nothing more is written. */
  crash(inbox: Inbox): Promise<void>;
  /** Lets time pass for timers. */
  elapse(milliseconds: number): Promise<void>;
  /** Changes one bit of the event at this position in the order of arrival. */
  damage(position: number): Promise<void>;
  /** Every byte that is stored, keys included. */
  dump(): Promise<Buffer>;
  /** From now on (or no longer) nothing can be stored. */
  outage(on: boolean): Promise<void>;
  remove(): Promise<void>;
}

const visibilityTimeout = 60_000;

/**
 * What every inbox does.
 * @param start makes an empty bench
 */
export function describeInbox(name: string, start: () => Promise<InboxBench>): void {
  describe(`inbox: ${name}`, () => {
    const currentKey = Keyring.generate();
    let bench: InboxBench;
    let open: Inbox[];

    beforeEach(async () => {
      bench = await start();
      open = [];
    });
    afterEach(async () => {
      for (const inbox of open) await inbox.close();
      await bench.remove();
    });

    async function started(options: Partial<InboxOptions> = {}, keyring = new Keyring(currentKey)) {
      const inbox = bench.create(keyring, { visibilityTimeout, maxAttempts: 3, ...options });
      const seen = new InboxRecorder();
      open.push(inbox);
      await inbox.open(seen);
      return { inbox, seen };
    }

    async function crash(inbox: Inbox): Promise<void> {
      open = open.filter((other) => other !== inbox);
      await bench.crash(inbox);
    }

    const event = (text: string) => ({
      topic: 'results.released',
      receivedAt: 1_700_000_000_000,
      content: Buffer.from(text),
    });
    const putAll = (inbox: Inbox, texts: readonly string[]) =>
      Promise.all(texts.map((text) => inbox.put(event(text))));
    const textsOf = (deliveries: readonly { event: { content: Buffer } }[]) =>
      deliveries.map((delivery) => delivery.event.content.toString());
    const numbered = (count: number) => Array.from({ length: count }, (_, index) => `event ${index}`);

    describe('emission', () => {
      it('emits what was put, with its topic, time and bytes', async () => {
        const { inbox, seen } = await started();
        assert.equal(await inbox.put(event('hello')), 'stored');
        const delivery = await seen.one();
        assert.deepEqual(delivery.event, event('hello'));
        assert.equal(delivery.attempt, 1);
        assert.equal(delivery.redelivered, false);
        assert.match(delivery.id, /^[\w.-]+$/);
      });

      it('emits in the order of arrival, whether from memory or from the store', async () => {
        const { inbox, seen } = await started({ inFlight: 10 });
        await putAll(inbox, numbered(300));
        const texts: string[] = [];
        while (texts.length < 300) {
          const delivery = await seen.one();
          texts.push(...textsOf([delivery]));
          await inbox.done(delivery.id, delivery.attempt);
        }
        assert.deepEqual(texts, numbered(300));
        assert.deepEqual(await seen.rest(inbox), []);
        assert.ok(seen.deliveries.every(({ redelivered, attempt }) => !redelivered && attempt === 1));
      });

      it('keeps the order while events arrive and are ended at the same time', async () => {
        const { inbox, seen } = await started({ inFlight: 3 });
        const texts = numbered(200);
        const putting = (async () => {
          for (let at = 0; at < 200; at += 5) await putAll(inbox, texts.slice(at, at + 5));
        })();
        const got: string[] = [];
        while (got.length < 200) {
          const delivery = await seen.one();
          got.push(...textsOf([delivery]));
          await inbox.done(delivery.id);
        }
        await putting;
        assert.deepEqual(got, texts);
      });

      it('has no more deliveries in flows than it may, and goes on when one ends', async () => {
        const { inbox, seen } = await started({ inFlight: 2 });
        await putAll(inbox, numbered(4));
        const [first] = await seen.next(2);
        assert.deepEqual(await seen.rest(inbox), []);
        await inbox.done(first!.id);
        assert.deepEqual(textsOf(await seen.next(1)), ['event 2']);
      });
    });

    describe('the end of a delivery', () => {
      it('removes what is done for good', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        await inbox.done((await seen.one()).id, 1);
        assert.deepEqual((await inbox.stats()).waiting + (await inbox.stats()).inFlight, 0);
        await inbox.close();
        const next = await started();
        assert.deepEqual(await next.seen.rest(next.inbox), []);
      });

      it('lets only the first one end it', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await inbox.done(id, 1);
        await assert.rejects(inbox.done(id, 1), { code: 'delivery_already_done' });
        await assert.rejects(inbox.retry(id, 1, 0), { code: 'delivery_already_done' });
        await assert.rejects(inbox.deadLetter(id, 1), { code: 'delivery_already_done' });
        await assert.rejects(inbox.done('nonsense'), { code: 'delivery_already_done' });
        await assert.rejects(inbox.deadLetter('nonsense', 1), { code: 'delivery_already_done' });
      });

      it('does without the number of the attempt', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await inbox.retry(id, undefined, 0);
        await seen.one();
        await inbox.deadLetter(id, undefined);
        await seen.until(() => seen.dead.length === 1);
        assert.deepEqual([seen.dead[0]!.attempt, seen.dead[0]!.cause], [2, 'dead_lettered']);
      });

      it('emits again after the delay that a retry asks for, marked and counted', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const first = await seen.one();
        await inbox.retry(first.id, 1, 5000);
        assert.equal((await inbox.stats()).delayed, 1);
        await bench.elapse(4900);
        assert.deepEqual(await seen.rest(inbox), []);
        await bench.elapse(200);
        const again = await seen.one();
        assert.deepEqual(again, { ...first, attempt: 2, redelivered: true });
        assert.equal((await inbox.stats()).delayed, 0);
      });

      it('emits others while one waits for its retry', async () => {
        const { inbox, seen } = await started({ inFlight: 1 });
        await putAll(inbox, ['a', 'b']);
        const first = await seen.one();
        await inbox.retry(first.id, 1, 5000);
        assert.deepEqual(textsOf([await seen.one()]), ['b']);
      });

      it('makes a dead letter of what the flow gives up, and tells why', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await inbox.deadLetter(id, 1, 'no such patient');
        await seen.until(() => seen.dead.length === 1);
        const [letter] = seen.dead;
        assert.equal(letter!.id, id);
        assert.equal(letter!.cause, 'dead_lettered');
        assert.equal(letter!.reason, 'no such patient');
        assert.deepEqual(letter!.event, event('a'));
        assert.equal((await inbox.stats()).dead, 1);
      });
    });

    describe('the visibility timeout', () => {
      it('emits again what is not ended in time, marked and counted', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const first = await seen.one();
        await bench.elapse(visibilityTimeout - 100);
        assert.deepEqual(await seen.rest(inbox), []);
        await bench.elapse(200);
        assert.deepEqual(await seen.one(), { ...first, attempt: 2, redelivered: true });
      });

      it('makes a dead letter of what was emitted as often as allowed', async () => {
        const { inbox, seen } = await started({ maxAttempts: 2 });
        await inbox.put(event('a'));
        await seen.one();
        await bench.elapse(visibilityTimeout + 100);
        await seen.one();
        await bench.elapse(visibilityTimeout + 100);
        await seen.until(() => seen.dead.length === 1);
        assert.equal(seen.dead[0]!.cause, 'max_attempts');
        assert.equal(seen.dead[0]!.attempt, 2);
        assert.deepEqual(await seen.rest(inbox), []);
      });

      it('counts retries as attempts', async () => {
        const { inbox, seen } = await started({ maxAttempts: 2 });
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await inbox.retry(id, 1, 0);
        await seen.one();
        await inbox.retry(id, 2, 0);
        await seen.until(() => seen.dead.length === 1);
        assert.equal(seen.dead[0]!.cause, 'max_attempts');
      });

      it('lets a late attempt end the event, but not retry it or give it up', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await bench.elapse(visibilityTimeout + 100);
        await seen.one();
        const superseded = { code: 'delivery_redelivered', values: { attempt: 2 } };
        await assert.rejects(inbox.retry(id, 1, 0), superseded);
        await assert.rejects(inbox.deadLetter(id, 1), superseded);
        await inbox.done(id, 1);
        await bench.elapse(visibilityTimeout + 100);
        assert.deepEqual(await seen.rest(inbox), []);
      });

      it('keeps the place of the current attempt when a late one is refused', async () => {
        const { inbox, seen } = await started({ inFlight: 1 });
        await inbox.put(event('a'));
        const { id } = await seen.one();
        await bench.elapse(visibilityTimeout + 100);
        await seen.one();
        await inbox.put(event('b'));
        await assert.rejects(inbox.retry(id, 1, 0), { code: 'delivery_redelivered' });
        assert.deepEqual(await seen.rest(inbox), []);
        await inbox.done(id, 2);
        assert.deepEqual(textsOf([await seen.one()]), ['b']);
      });
    });

    describe('after a crash', () => {
      it('emits again what was in a flow, marked and counted', async () => {
        const before = await started();
        await before.inbox.put(event('a'));
        const first = await before.seen.one();
        await crash(before.inbox);
        const { seen } = await started();
        await bench.elapse(visibilityTimeout + 100);
        assert.deepEqual(await seen.one(), { ...first, attempt: 2, redelivered: true });
      });

      it('emits what had waited, in order, and nothing that was done', async () => {
        const before = await started({ inFlight: 2 });
        await putAll(before.inbox, numbered(20));
        for (const { id } of await before.seen.next(2)) await before.inbox.done(id);
        const emitted = textsOf(await before.seen.next(2));
        await before.inbox.stats();
        await crash(before.inbox);
        // Long enough for what is emitted at once, while what was in flows waits for its time.
        const { inbox, seen } = await started({ visibilityTimeout: 10 * visibilityTimeout });
        await bench.elapse(visibilityTimeout + 100);
        const deliveries = await seen.next(18);
        assert.deepEqual(textsOf(deliveries).sort(), numbered(20).slice(2).sort());
        // They come first only where the inbox can know that nobody else has them in a flow.
        const again = deliveries.filter((delivery) => emitted.includes(delivery.event.content.toString()));
        assert.equal(again.length, 2);
        assert.ok(again.every(({ redelivered }) => redelivered));
        assert.deepEqual(await seen.rest(inbox), []);
      });

      it('ends in dead letters for an event that ends the process every time', async () => {
        const options = { maxAttempts: 2 };
        const first = await started(options);
        await first.inbox.put(event('poison'));
        await first.seen.one();
        await crash(first.inbox);
        const second = await started(options);
        await bench.elapse(visibilityTimeout + 100);
        await second.seen.one();
        await crash(second.inbox);
        const third = await started(options);
        await bench.elapse(visibilityTimeout + 100);
        await third.seen.until(() => third.seen.dead.length === 1);
        assert.deepEqual(await third.seen.rest(third.inbox), []);
      });

      it('keeps waiting for the time of a retry', async () => {
        const before = await started();
        await before.inbox.put(event('a'));
        await before.inbox.retry((await before.seen.one()).id, 1, 2 * visibilityTimeout);
        await before.inbox.stats();
        await crash(before.inbox);
        const { inbox, seen } = await started();
        await bench.elapse(visibilityTimeout + 100);
        assert.deepEqual(await seen.rest(inbox), []);
        await bench.elapse(visibilityTimeout + 100);
        assert.equal((await seen.one()).attempt, 2);
      });

      it('keeps dead letters', async () => {
        const before = await started();
        await before.inbox.put(event('a'));
        await before.inbox.deadLetter((await before.seen.one()).id, 1);
        await crash(before.inbox);
        const { inbox } = await started();
        assert.equal((await inbox.deadLetters(10)).length, 1);
        assert.equal((await inbox.stats()).dead, 1);
      });

      it('does not count what a deploy interrupts as an attempt', async () => {
        const before = await started();
        await before.inbox.put(event('a'));
        await before.seen.one();
        await before.inbox.close();
        const { seen } = await started();
        const again = await seen.one();
        assert.deepEqual([again.attempt, again.redelivered], [1, true]);
      });
    });

    describe('dead letters', () => {
      async function withDeadLetters(texts: readonly string[], reason?: string) {
        const { inbox, seen } = await started();
        await putAll(inbox, texts);
        for (const { id } of await seen.next(texts.length)) await inbox.deadLetter(id, 1, reason);
        await seen.until(() => seen.dead.length === texts.length);
        return { inbox, seen };
      }

      it('are listed page by page without what the event or the flow said', async () => {
        const { inbox } = await withDeadLetters(
          ['Ada Lovelace 1', 'Ada Lovelace 2', 'Ada Lovelace 3'],
          'Ada',
        );
        const first = await inbox.deadLetters(2);
        assert.equal(first.length, 2);
        const second = await inbox.deadLetters(2, first[1]!.id);
        assert.equal(second.length, 1);
        assert.doesNotMatch(JSON.stringify([...first, ...second]), /Ada/);
        const { id, deadLetteredAt, ...shown } = first[0]!;
        assert.ok(id && deadLetteredAt);
        assert.deepEqual(shown, {
          topic: 'results.released',
          receivedAt: 1_700_000_000_000,
          attempts: 1,
          cause: 'dead_lettered',
        });
      });

      it("show the flow's reason where it is a public error code", async () => {
        const { inbox } = await withDeadLetters(['a'], 'not_found');
        assert.equal((await inbox.deadLetters(1))[0]!.reason, 'not_found');
      });

      it('can be replayed, with all their attempts and marked', async () => {
        const { inbox, seen } = await withDeadLetters(['a']);
        const { id } = seen.dead[0]!;
        assert.equal(await inbox.replay(id), true);
        const again = await seen.one();
        assert.deepEqual([again.id, again.attempt, again.redelivered], [id, 1, true]);
        assert.deepEqual(await inbox.deadLetters(10), []);
        await inbox.done(id);
        const { waiting, inFlight, dead } = await inbox.stats();
        assert.deepEqual({ waiting, inFlight, dead }, { waiting: 0, inFlight: 0, dead: 0 });
      });

      it('can be discarded', async () => {
        const { inbox, seen } = await withDeadLetters(['a']);
        assert.equal(await inbox.discard(seen.dead[0]!.id), true);
        assert.deepEqual(await inbox.deadLetters(10), []);
        const { dead, bytes } = await inbox.stats();
        assert.deepEqual({ dead, bytes }, { dead: 0, bytes: 0 });
      });

      it('of an unknown id are neither replayed nor discarded', async () => {
        const { inbox } = await started();
        for (const id of ['1234', '1234567890123456']) {
          assert.equal(await inbox.replay(id), false);
          assert.equal(await inbox.discard(id), false);
        }
      });

      it('are emitted no more, also when their time in the flow would have been over', async () => {
        const { inbox, seen } = await withDeadLetters(['a']);
        await bench.elapse(2 * visibilityTimeout);
        assert.deepEqual(await seen.rest(inbox), []);
        assert.equal((await inbox.deadLetters(10)).length, 1);
      });
    });

    it('counts what waits, is in flows and is dead, and knows since when', async () => {
      const { inbox, seen } = await started({ inFlight: 1 });
      assert.equal((await inbox.stats()).oldest, undefined);
      const since = Date.now();
      await putAll(inbox, ['a', 'b', 'c', 'd']);
      await inbox.deadLetter((await seen.one()).id, 1);
      await seen.one();
      const { waiting, inFlight, dead, delayed, oldest } = await inbox.stats();
      assert.deepEqual(
        { waiting, inFlight, dead, delayed },
        { waiting: 2, inFlight: 1, dead: 1, delayed: 0 },
      );
      assert.equal(oldest, since);
    });

    describe('bounds', () => {
      it('refuses what is too many, and takes it again when there is room', async () => {
        const { inbox, seen } = await started({ maxEvents: 2 });
        await putAll(inbox, ['a', 'b']);
        await assert.rejects(inbox.put(event('c')), { code: 'inbox_full' });
        await inbox.done((await seen.one()).id);
        await inbox.stats();
        assert.equal(await inbox.put(event('c')), 'stored');
      });

      it('counts dead letters, since they need the same room', async () => {
        const { inbox, seen } = await started({ maxEvents: 1 });
        await inbox.put(event('a'));
        await inbox.deadLetter((await seen.one()).id, 1);
        await assert.rejects(inbox.put(event('b')), { code: 'inbox_full' });
        await inbox.replay((await inbox.deadLetters(1))[0]!.id);
        await assert.rejects(inbox.put(event('b')), { code: 'inbox_full' }, 'nor when it is redelivered');
        await inbox.done((await seen.one()).id);
        await inbox.stats();
        assert.equal(await inbox.put(event('b')), 'stored');
      });

      it('refuses what is too big', async () => {
        const { inbox } = await started({ maxBytes: 1000 });
        await inbox.put(event('x'.repeat(1000)));
        await assert.rejects(inbox.put(event('y')), { code: 'inbox_full' });
      });

      it('knows its size again after a restart', async () => {
        const before = await started({ maxEvents: 2 });
        await putAll(before.inbox, ['a', 'b']);
        const { bytes } = await before.inbox.stats();
        assert.ok(bytes > 0);
        await before.inbox.close();
        const { inbox } = await started({ maxEvents: 2 });
        assert.equal((await inbox.stats()).bytes, bytes);
        await assert.rejects(inbox.put(event('c')), { code: 'inbox_full' });
      });
    });

    describe('duplicates', () => {
      const unique = { key: 'node results.released abc', window: 10_000 };

      it('are recognised inside the window, also after a restart, and not behind it', async () => {
        const before = await started();
        assert.equal(await before.inbox.put(event('a'), unique), 'stored');
        assert.equal(await before.inbox.put(event('a'), unique), 'duplicate');
        await before.inbox.close();
        const { inbox } = await started();
        assert.equal(await inbox.put(event('a'), unique), 'duplicate');
        await bench.elapse(10_100);
        assert.equal(await inbox.put(event('a'), unique), 'stored');
        assert.equal(await inbox.put(event('a'), unique), 'duplicate');
      });

      it('are recognised when they arrive together', async () => {
        const { inbox } = await started();
        const results = await Promise.all(numbered(10).map(() => inbox.put(event('a'), unique)));
        assert.equal(results.filter((result) => result === 'stored').length, 1);
      });

      it('are recognised after the key has been changed', async () => {
        const before = await started();
        await before.inbox.put(event('a'), unique);
        await before.inbox.close();
        const { inbox } = await started({}, new Keyring(Keyring.generate(), currentKey));
        assert.equal(await inbox.put(event('a'), unique), 'duplicate');
      });

      it('are no duplicates of what was refused', async () => {
        const { inbox, seen } = await started({ maxEvents: 1 });
        await inbox.put(event('other'));
        await assert.rejects(inbox.put(event('a'), unique), { code: 'inbox_full' });
        await inbox.done((await seen.one()).id);
        await inbox.stats();
        assert.equal(await inbox.put(event('a'), unique), 'stored');
      });

      it('are forgotten, oldest first, beyond a bound', async () => {
        const { inbox, seen } = await started({ maxUnique: 100 });
        const ended = (async () => {
          for (let count = 0; count < 600; count++) await inbox.done((await seen.one()).id);
        })();
        for (const text of numbered(600)) {
          await inbox.put(event(text), { key: text, window: visibilityTimeout });
          await bench.elapse(1);
        }
        await ended;
        await inbox.stats();
        assert.equal(await inbox.put(event('a'), { key: 'event 0', window: visibilityTimeout }), 'stored');
        assert.equal(
          await inbox.put(event('a'), { key: 'event 599', window: visibilityTimeout }),
          'duplicate',
        );
      });
    });

    describe('what is stored', () => {
      it('holds no patient data, no topic, no reason and no key of a duplicate in the clear', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('Ada Lovelace'), { key: 'node topic hash-of-the-body', window: 1000 });
        await inbox.put(event('Ada Byron'));
        const [first] = await seen.next(2);
        await inbox.deadLetter(first!.id, 1, 'reason of Augusta');
        await inbox.close();
        const stored = await bench.dump();
        assert.ok(stored.length > 200);
        // Long enough not to turn up by chance in what is encrypted.
        for (const secret of [
          'Ada Lovelace',
          'Lovelace',
          'Augusta',
          'results.',
          'hash-of-the-body',
          currentKey,
        ])
          assert.equal(stored.includes(secret), false, secret);
      });

      it('can be read with the previous key, and is written with the current one', async () => {
        const before = await started();
        await putAll(before.inbox, numbered(50));
        await before.inbox.close();
        const nextKey = Keyring.generate();
        const rotated = await started({}, new Keyring(nextKey, currentKey));
        const deliveries = await rotated.seen.next(50);
        assert.deepEqual(textsOf(deliveries), numbered(50));
        for (const { id } of deliveries) await rotated.inbox.done(id);
        await rotated.inbox.put(event('new'));
        await rotated.inbox.close();
        const { seen } = await started({}, new Keyring(nextKey));
        assert.deepEqual(textsOf([await seen.one()]), ['new']);
      });

      it('is set aside while nobody has its key, and given back once somebody has', async () => {
        const before = await started();
        await putAll(before.inbox, ['a', 'b']);
        await before.inbox.close();
        const nextKey = Keyring.generate();
        const without = await started({}, new Keyring(nextKey));
        await without.seen.until(() => without.seen.quarantines.length === 2);
        assert.deepEqual(without.seen.quarantines[0], { count: 1, cause: 'unknown_key' });
        assert.equal((await without.inbox.stats()).unreadable, 2);
        assert.deepEqual(
          (await without.inbox.deadLetters(10)).map(({ cause, topic }) => [cause, topic]),
          [
            ['unknown_key', undefined],
            ['unknown_key', undefined],
          ],
        );
        await without.inbox.close();
        const { inbox, seen } = await started({}, new Keyring(nextKey, currentKey));
        assert.deepEqual(textsOf(await seen.next(2)), ['a', 'b']);
        assert.equal((await inbox.stats()).unreadable, 0);
      });

      it('is set aside and reported where it is damaged; the others go on', async () => {
        const before = await started({ inFlight: 1 });
        await putAll(before.inbox, numbered(3));
        await before.inbox.close();
        await bench.damage(1);
        const { inbox, seen } = await started();
        assert.deepEqual(textsOf(await seen.next(2)), ['event 0', 'event 2']);
        await seen.until(() => seen.quarantines.length === 1);
        assert.deepEqual(seen.quarantines, [{ count: 1, cause: 'damaged' }]);
        const { unreadable, dead } = await inbox.stats();
        assert.deepEqual({ unreadable, dead }, { unreadable: 1, dead: 0 });
        const [letter] = await inbox.deadLetters(1);
        assert.equal(letter!.cause, 'damaged');
        assert.equal(await inbox.discard(letter!.id), true);
        assert.equal((await inbox.stats()).unreadable, 0);
      });
    });

    it('reports what it set aside after the start where it was killed before, and only once', async () => {
      const before = await started({ inFlight: 1 });
      await putAll(before.inbox, numbered(3));
      await before.inbox.close();
      await bench.damage(1);
      const killed = new InboxRecorder();
      const inbox = bench.create(new Keyring(currentKey), { visibilityTimeout, maxAttempts: 3 });
      const death = new Promise<void>((resolve, reject) => {
        killed.quarantine = () => void bench.crash(inbox).then(resolve, reject);
      });
      await inbox.open(killed);
      await death;
      const next = await started();
      await bench.elapse(6000);
      await next.seen.until(() => next.seen.quarantines.length > 0);
      assert.deepEqual(next.seen.quarantines, [{ count: 1, cause: 'damaged' }]);
      assert.equal((await next.inbox.stats()).unreadable, 1);
      await next.inbox.close();
      const last = await started();
      await last.seen.rest(last.inbox);
      assert.deepEqual(last.seen.quarantines, []);
    });

    describe('without its storage', () => {
      it('refuses, says so, and goes on by itself once it is back', async () => {
        const { inbox, seen } = await started();
        await inbox.put(event('before'));
        const before = await seen.one();
        await bench.outage(true);
        await assert.rejects(inbox.put(event('refused')), { code: 'inbox_unavailable' });
        await seen.until(() => seen.problems.at(-1) !== undefined);
        await inbox.done(before.id).catch(() => undefined);
        await bench.outage(false);
        await bench.elapse(31_000);
        await seen.until(() => seen.problems.at(-1) === undefined);
        assert.equal(await inbox.put(event('after')), 'stored');
        assert.deepEqual(textsOf([await seen.one()]), ['after']);
        await inbox.stats();
        await inbox.close();
        const next = await started();
        assert.deepEqual(textsOf([await next.seen.one()]), ['after']);
        assert.deepEqual(await next.seen.rest(next.inbox), []);
      });

      it('starts without it, and begins once it is there', async () => {
        const before = await started();
        await before.inbox.put(event('a'));
        await before.inbox.close();
        await bench.outage(true);
        const { inbox, seen } = await started();
        assert.match(seen.problems.join(), /^(inbox_unavailable|redis_unreachable)$/);
        await assert.rejects(inbox.put(event('b')), { code: 'inbox_unavailable' });
        await bench.outage(false);
        await bench.elapse(31_000);
        assert.deepEqual(textsOf([await seen.one()]), ['a']);
      });
    });

    it('can be closed at any moment, and refuses afterwards', async () => {
      const { inbox } = await started({ inFlight: 2 });
      const putting = putAll(inbox, numbered(50));
      await Promise.all([putting, inbox.close()]).catch(() => undefined);
      await assert.rejects(inbox.put(event('late')), { code: 'inbox_unavailable' });
    });
  });
}
