import type { Inbox, InboxOptions } from '../contract';
import type { Keyring } from '../keyring';
import { type RedisOptions, redisConnect } from './connection';
import { RedisInbox } from './redis-inbox';

export type { RedisOptions } from './connection';

/**
 * An inbox in Redis.
 * @param name the same for all that share it
 * @throws OnegevityError `redis_missing`, `redis_url_bad`
 */
export async function redisInbox(
  name: string,
  redis: RedisOptions,
  keyring: Keyring,
  options: InboxOptions,
): Promise<Inbox> {
  return new RedisInbox(name, await redisConnect(redis), keyring, options);
}
