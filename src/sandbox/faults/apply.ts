import { STATUS_CODES, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Auth } from '../http/auth';
import { generalError } from '../http/errors';
import { jsonBytes, sendJson } from '../http/http';
import type { InjectedFaults } from './faults';
import type { ActiveFault } from './kinds';

/** What the sandbox would answer if nothing went wrong. */
export interface FullReply {
  status: number;
  body: unknown;
  headers?: Readonly<Record<string, string>>;
}

export interface Exchange {
  res: ServerResponse;
  auth: Auth;
  /** Of the request. */
  authorization: string | undefined;
  /** Headers of every answer, those of faults too. */
  headers: Readonly<Record<string, string>>;
  /** Does what was asked, under a fault that is its own matter. It has answers for every failure: it never rejects. */
  serve(fault?: ActiveFault): Promise<FullReply>;
  /** Keeps the process alive no longer than the rest of the sandbox. */
  unref: boolean;
}

const PIECES = 10;

const HTML =
  '<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>';

/**
 * Answers a request, with what is to go wrong with it.
 * @returns The answer that was given or would have been; undefined where nothing was served.
 */
export async function respondWithFaults(
  trouble: InjectedFaults,
  exchange: Exchange,
): Promise<FullReply | undefined> {
  const { res } = exchange;
  if (trouble.delay > 0 && !(await wait(exchange, trouble.delay))) return undefined;
  if (!trouble.fault) return send(exchange, await exchange.serve());
  const instead = overrideResponse(trouble.fault, exchange);
  if (instead) return send(exchange, instead);
  if (trouble.fault.fault === 'reset-before') {
    res.socket?.resetAndDestroy();
    return undefined;
  }
  const reply = await exchange.serve(trouble.fault);
  if (trouble.fault.fault === 'reset-after') res.socket?.resetAndDestroy();
  else if (!(await sendCorrupted(trouble.fault, exchange, reply))) send(exchange, reply);
  return reply;
}

function send({ res, headers }: Exchange, reply: FullReply): FullReply {
  if (typeof reply.body === 'string') {
    res.writeHead(reply.status, { ...headers, ...reply.headers }).end(reply.body);
  } else sendJson(res, reply.status, reply.body, { ...headers, ...reply.headers });
  return reply;
}

/** @returns An answer that stands in for the true one, or undefined where the call is to be served. */
function overrideResponse(fault: ActiveFault, { auth, authorization }: Exchange): FullReply | undefined {
  const { status = 200, contentType = '', retryAfter = '' } = fault;
  const later: Record<string, string> = retryAfter === '' ? {} : { 'retry-after': retryAfter };
  switch (fault.fault) {
    case 'status':
      return generalError(status, `The sandbox was told to answer ${status}.`, later);
    case 'rate-limit':
      return generalError(429, 'Too many calls.', later);
    case 'html':
      return { status, body: HTML, headers: { 'content-type': contentType } };
    case 'body':
      return { status, body: fault.text ?? '', headers: { 'content-type': contentType } };
    case 'false-success':
      return { status: 200, body: fault.text ?? '', headers: { 'content-type': 'application/json' } };
    case 'refused-credentials':
      return {
        status: 401,
        body: { error: 'invalid_client', error_description: 'unknown client or wrong secret' },
      };
    case 'token-down':
      return generalError(503, 'The token endpoint is down.', later);
    case 'expired-token':
      auth.forget(authorization);
      return undefined;
    case 'revoked-token':
      auth.revokeAll();
      return undefined;
    default:
      return undefined;
  }
}

/** @returns False for faults that do not change how an answer is sent. */
async function sendCorrupted(fault: ActiveFault, exchange: Exchange, reply: FullReply): Promise<boolean> {
  const { res } = exchange;
  const whole = jsonBytes(reply.body);
  const half = firstHalf(whole);
  const headers = (length: number): Record<string, string | number> => ({
    'content-type': 'application/json',
    'content-length': length,
    ...exchange.headers,
    ...reply.headers,
  });
  const head = (length: number): ServerResponse => res.writeHead(reply.status, headers(length));
  switch (fault.fault) {
    case 'truncated':
      head(half.length).end(half);
      return true;
    case 'cut-off':
      head(whole.length).write(half, () => res.destroy());
      return true;
    case 'wrong-record':
      send(exchange, { ...reply, body: withForeignIdentifiers(reply.body) });
      return true;
    case 'compressed':
      sendPacked(exchange, reply, fault, packed(whole, fault));
      return true;
    case 'compressed-truncated':
      sendPacked(exchange, reply, fault, firstHalf(packed(whole, fault)));
      return true;
    case 'large-headers':
      send(exchange, { ...reply, headers: { ...reply.headers, 'x-padding': 'x'.repeat(fault.bytes ?? 0) } });
      return true;
    case 'duplicate-response':
      sendTwice(res, reply.status, headers(whole.length), whole);
      return true;
    case 'slow-body':
      head(whole.length);
      await trickle(exchange, whole, fault.seconds ?? 0);
      return true;
    default:
      return false;
  }
}

const firstHalf = (bytes: Buffer): Buffer => bytes.subarray(0, Math.ceil(bytes.length / 2));

function packed(bytes: Buffer, { encoding }: ActiveFault): Buffer {
  switch (encoding) {
    case 'gzip':
      return gzipSync(bytes);
    case 'deflate':
      return deflateSync(bytes);
    case 'br':
      return brotliCompressSync(bytes);
    default:
      return bytes;
  }
}

function sendPacked(
  { res, headers }: Exchange,
  reply: FullReply,
  { encoding = '' }: ActiveFault,
  bytes: Buffer,
): void {
  const type = { 'content-type': 'application/json', 'content-encoding': encoding };
  res.writeHead(reply.status, { ...type, ...headers, ...reply.headers }).end(bytes);
}

const IDENTIFIERS = ['patientIdentifier', 'orderIdentifier', 'clientIdentifier', 'id'];

/** @returns The record with the identifiers of another one, which the caller did not ask for. */
function withForeignIdentifiers(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const fields = Object.entries(body as Record<string, unknown>);
  return Object.fromEntries(
    fields.map(([name, value]) => {
      if (!IDENTIFIERS.includes(name)) return [name, value];
      return [name, typeof value === 'number' ? value + 1 : `${String(value)}-OTHER`];
    }),
  );
}

/** Node.js sends one response to a request, so both are written to the socket by hand. */
function sendTwice(
  res: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body: Buffer,
): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`;
  const response = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  res.socket?.end(Buffer.concat([response, response]));
}

async function trickle(exchange: Exchange, whole: Buffer, seconds: number): Promise<void> {
  const step = Math.ceil(whole.length / PIECES);
  exchange.res.flushHeaders();
  for (let start = 0; start < whole.length; start += step) {
    if (!(await wait(exchange, seconds / PIECES))) return;
    exchange.res.write(whole.subarray(start, start + step));
  }
  exchange.res.end();
}

/** @returns False when the client has left meanwhile. */
async function wait({ res, unref }: Exchange, seconds: number): Promise<boolean> {
  const gone = new AbortController();
  const leave = (): void => gone.abort();
  res.once('close', leave);
  try {
    await sleep(seconds * 1000, undefined, { signal: gone.signal, ref: !unref });
  } catch {
    return false;
  } finally {
    res.removeListener('close', leave);
  }
  return true;
}
