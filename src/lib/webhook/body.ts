import type { IncomingMessage } from 'node:http';

/** Why a body was not read: `gone` = the client closed the connection. */
export type BodyFault = 'too_large' | 'too_slow' | 'gone';

export interface BodyLimits {
  /** Bytes. */
  maxBody: number;
  /** Milliseconds for the whole body. */
  bodyTimeout: number;
}

/**
 * Reads a request's body, calling back exactly once. After a fault the rest of the body is left unread, and no
 * listener of this function stays on the request.
 */
export function readBody(
  request: IncomingMessage,
  { maxBody, bodyTimeout }: BodyLimits,
  done: (body: Buffer | BodyFault) => void,
): void {
  if (Number(request.headers['content-length']) > maxBody) {
    done('too_large');
    return;
  }
  let first: Buffer | undefined;
  let more: Buffer[] | undefined;
  let size = 0;
  let finished = false;

  const finish = (result: Buffer | BodyFault): void => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    if (typeof result === 'string') {
      request.off('data', onData).off('end', onEnd).off('close', onGone);
      request.pause();
      first = more = undefined;
    }
    done(result);
  };
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBody) finish('too_large');
    else if (!first) first = chunk;
    else (more ??= [first]).push(chunk);
  };
  const onEnd = (): void => finish(more ? Buffer.concat(more, size) : (first ?? Buffer.alloc(0)));
  const onGone = (): void => finish('gone');
  const timer = setTimeout(() => finish('too_slow'), bodyTimeout);
  // Without a listener for 'error', a request that breaks off only closes.
  request.on('data', onData).on('end', onEnd).on('close', onGone);
}
