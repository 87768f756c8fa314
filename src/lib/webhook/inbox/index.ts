import type { Inbox, InboxOptions } from './inbox';
import type { Keyring } from './keyring';
import { LevelStore } from './level-store';
import { LocalInbox } from './local-inbox';
import { MemoryStore } from './memory-store';

export type { Inbox } from './inbox';

/** An inbox that ends with the process. */
export function memoryInbox(keyring: Keyring, options: InboxOptions): Inbox {
  return new LocalInbox(new MemoryStore(), keyring, options);
}

/** An inbox in a folder of its own, which one process at a time can use. */
export function diskInbox(folder: string, keyring: Keyring, options: InboxOptions): Inbox {
  return new LocalInbox(new LevelStore(folder), keyring, options);
}
