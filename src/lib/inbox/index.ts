import { access } from 'node:fs/promises';
import type { Damage, Inbox, InboxOptions } from './contract';
import type { Keyring } from './keyring';
import { LevelStore } from './local/level-store';
import { LocalInbox } from './local/local-inbox';
import { MemoryStore } from './local/memory-store';
import { allKeys } from './local/context';

export type { Inbox } from './contract';
export { removeLevelStore as removeDiskInbox } from './local/level-store';
export { redisInbox } from './redis';

/** An inbox that ends with the process. */
export function memoryInbox(keyring: Keyring, options: InboxOptions): Inbox {
  return new LocalInbox(new MemoryStore(), keyring, options);
}

/** An inbox in a folder of its own, which one process at a time can use. */
export function diskInbox(folder: string, keyring: Keyring, options: InboxOptions): Inbox {
  return new LocalInbox(new LevelStore(folder), keyring, options);
}

/**
 * Whether events or dead letters are left in the folder of an inbox that is not open. It may well be missing.
 * @param lost called where the folder turns out to be damaged, and was replaced
 */
export async function hasLeftovers(folder: string, lost?: (damage: Damage) => void): Promise<boolean> {
  try {
    await access(folder);
  } catch {
    return false;
  }
  const store = new LevelStore(folder);
  const damage = await store.open();
  if (damage) lost?.(damage);
  try {
    const found = await Promise.all([store.entries(allKeys('e'), 1), store.entries(allKeys('d'), 1)]);
    return found.some((entries) => entries.length > 0);
  } finally {
    await store.close();
  }
}
