import { OnegevityError } from '../../../api/errors';

/**
 * What a failed command means for the inbox. The words of client and server stay here: they may quote an address, a
 * user or what was sent.
 */
export function faultOf(error: unknown): OnegevityError {
  if (error instanceof OnegevityError) return error;
  const text = error instanceof Error ? error.message : '';
  // The server is at its `maxmemory`.
  if (/\bOOM\b/.test(text)) return new OnegevityError('inbox_full');
  if (/\b(WRONGPASS|NOAUTH|NOPERM)\b|AUTH/.test(text)) return new OnegevityError('redis_denied');
  return new OnegevityError('inbox_unavailable');
}
