import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import type { Inbox } from '../../../src/lib/inbox/contract';
import { LevelStore } from '../../../src/lib/inbox/local/level-store';
import { LocalInbox } from '../../../src/lib/inbox/local/local-inbox';
import { MemoryStore } from '../../../src/lib/inbox/local/memory-store';
import type { Store } from '../../../src/lib/inbox/local/store';
import { HostileStore } from '../../support/inbox/hostile-store';
import { describeInbox, type InboxBench } from './contract.suite';

class LocalBench implements InboxBench {
  readonly #stores = new Map<Inbox, HostileStore>();
  readonly #clock: SinonFakeTimers;
  #failing = false;

  /** @param store gives a closed store that has the data of all before it */
  constructor(
    private readonly store: () => Store,
    private readonly clean: () => void,
  ) {
    this.#clock = useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'],
      now: Date.now(),
    });
  }

  create(...[keyring, options]: Parameters<InboxBench['create']>): Inbox {
    const store = new HostileStore(this.store());
    store.outage = this.#failing;
    const inbox = new LocalInbox(store, keyring, options);
    this.#stores.set(inbox, store);
    return inbox;
  }

  async crash(inbox: Inbox): Promise<void> {
    await this.#stores.get(inbox)!.kill();
  }

  async elapse(milliseconds: number): Promise<void> {
    await this.#clock.tickAsync(milliseconds);
  }

  async damage(position: number): Promise<void> {
    await this.#withStore(async (store) => {
      const [key, value] = (await store.entries({ gt: 'e!', lt: 'e"' }, Infinity))[position]!;
      const damaged = Buffer.from(value);
      damaged[damaged.length - 1]! ^= 1;
      await store.write([{ type: 'put', key, value: damaged }], true);
    });
  }

  async dump(): Promise<Buffer> {
    let all = Buffer.alloc(0);
    await this.#withStore(async (store) => {
      const entries = await store.entries({}, Infinity);
      all = Buffer.concat(entries.flatMap(([key, value]) => [Buffer.from(key), value]));
    });
    return all;
  }

  outage(on: boolean): Promise<void> {
    this.#failing = on;
    for (const store of this.#stores.values()) store.outage = on;
    return Promise.resolve();
  }

  remove(): Promise<void> {
    this.#clock.restore();
    this.clean();
    return Promise.resolve();
  }

  async #withStore(use: (store: Store) => Promise<void>): Promise<void> {
    const store = this.store();
    await store.open();
    await use(store);
    await store.close();
  }
}

describeInbox('memory', () => {
  const store = new MemoryStore();
  return Promise.resolve(
    new LocalBench(
      () => store,
      () => undefined,
    ),
  );
});

describeInbox('disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-inbox-'));
  return Promise.resolve(
    new LocalBench(
      () => new LevelStore(join(folder, 'inbox')),
      () => rmSync(folder, { recursive: true, force: true }),
    ),
  );
});
