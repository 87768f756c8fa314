import type { DurabilityWarning } from '../contract';
import type { RedisSession } from './session';
import { text } from './replies';

/** Finds out whether the server keeps what it acknowledges. */
export async function checkDurability(session: RedisSession): Promise<DurabilityWarning | undefined> {
  const setting = async (name: string) => {
    const found = await session.tryCommand('CONFIG', 'GET', name);
    return Array.isArray(found) && found.length > 1 ? text(found[1]) : undefined;
  };
  const appendOnly = (await setting('appendonly')) ?? (await appendOnlyOfInfo(session));
  const fsync = await setting('appendfsync');
  if (appendOnly === 'no' || (fsync !== undefined && fsync !== 'always')) return 'redis_not_durable';
  const policy = await setting('maxmemory-policy');
  // Nothing but the hashes of duplicates ever expires, so the policies of volatile keys leave events alone.
  if (policy?.startsWith('allkeys')) return 'redis_evicts';
  return appendOnly === undefined || fsync === undefined ? 'redis_unchecked' : undefined;
}

/** Hosted servers often reject CONFIG. */
async function appendOnlyOfInfo(session: RedisSession): Promise<string | undefined> {
  const info = text(await session.tryCommand('INFO', 'persistence'));
  const [, enabled] = /^aof_enabled:([01])/m.exec(info) ?? [];
  return enabled && (enabled === '1' ? 'yes' : 'no');
}
