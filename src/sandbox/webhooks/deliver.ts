import { createHmac } from 'node:crypto';
import { request as httpRequest, type ClientRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** One POST to a webhook receiver. */
export interface OutgoingRequest {
  url: string;
  body: string;
  signature: string;
  /** Milliseconds the receiver may take to answer. */
  timeout: number;
  /** Sends the body piece by piece over so many seconds. */
  slowSeconds?: number;
  /** Hangs up so many milliseconds after the body was sent, whether there is an answer or not. */
  hangUpAfter?: number;
  /** Cuts the connection in the middle of the body. */
  cutOff?: boolean;
  signal: AbortSignal;
  /** Let the process end although it is under way. */
  unref: boolean;
}

const PIECES = 10;

/** Base64 of the HMAC-SHA256 over the body as UTF-8, as the vendor's integration page says. */
export function sign(body: string, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('base64');
}

/** @returns The status of the answer; its body is read and forgotten. */
export function post(posting: OutgoingRequest): Promise<number> {
  const { url, body, signature, timeout, signal, unref, hangUpAfter } = posting;
  const bytes = Buffer.from(body);
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const req = request(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: {
        'content-type': 'application/json',
        'content-length': bytes.length,
        'x-onegevity-signature': signature,
      },
    });
    const tooSlow = (): void => {
      // A request that has its answer already would not emit the error.
      reject(new Error('no answer in time'));
      req.destroy();
    };
    const timers = [later(tooSlow, timeout, unref)];
    if (unref) req.on('socket', (socket) => socket.unref());
    req.on('error', reject);
    req.on('close', () => {
      timers.forEach(clearTimeout);
      // An answer that is not waited for leaves nothing else to end with.
      if (hangUpAfter !== undefined) tooSlow();
    });
    req.on('response', (response) => {
      if (hangUpAfter !== undefined) return;
      response.on('error', reject).on('close', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    if (hangUpAfter !== undefined) {
      req.on('finish', () => timers.push(later(tooSlow, hangUpAfter, unref)));
    }
    if (posting.cutOff) {
      req.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => {
        reject(new Error('cut off in the middle of the body'));
        req.destroy();
      });
    } else if (posting.slowSeconds === undefined) req.end(bytes);
    else timers.push(...trickle(req, bytes, posting.slowSeconds, unref));
  });
}

function trickle(req: ClientRequest, bytes: Buffer, seconds: number, unref: boolean): NodeJS.Timeout[] {
  const step = Math.ceil(bytes.length / PIECES);
  req.flushHeaders();
  return Array.from({ length: PIECES }, (_, piece) =>
    later(
      () => {
        req.write(bytes.subarray(piece * step, (piece + 1) * step));
        if (piece === PIECES - 1) req.end();
      },
      ((piece + 1) * seconds * 1000) / PIECES,
      unref,
    ),
  );
}

function later(act: () => void, milliseconds: number, unref: boolean): NodeJS.Timeout {
  const timer = setTimeout(act, milliseconds);
  if (unref) timer.unref();
  return timer;
}
