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

  const finish = (result: Buffer | BodyFault): void => {
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
    if (typeof result === 'string') request.pause();
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
  request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
}
