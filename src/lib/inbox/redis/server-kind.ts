import { OnegevityError } from '../../errors';
import { text } from './replies';

/** Streams are as the scripts need them from here on. */
const oldest = [6, 2];

/**
 * Rejects a server that the inbox cannot work with, before it fails in the middle of something. In a cluster this node
 * has the inbox's keys only by chance, and not for good.
 * @param info what the server says of itself, if it does
 * @throws OnegevityError `redis_cluster`, `redis_sentinel`, `redis_too_old`
 */
export function checkServerKind(info: unknown): void {
  const lines = text(info);
  const [, mode] = /^redis_mode:(\w+)/m.exec(lines) ?? [];
  if (mode === 'cluster') throw new OnegevityError('redis_cluster');
  if (mode === 'sentinel') throw new OnegevityError('redis_sentinel');
  const [, major, minor] = /^redis_version:(\d+)\.(\d+)/m.exec(lines) ?? [];
  if (major === undefined) return;
  const older = Number(major) - oldest[0]! || Number(minor) - oldest[1]!;
  if (older < 0) throw new OnegevityError('redis_too_old');
}
