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
  // The last two are what a script is told.
  if (/WRONGPASS|AUTH|NOPERM|can't run this command|can't access/.test(text))
    return new OnegevityError('redis_denied');
  return new OnegevityError('inbox_unavailable');
}
