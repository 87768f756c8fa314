import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyMemory } from '../../lib/webhook/body-memory';
import { generalError, validationError } from './errors';

/** Largest request body in bytes. */
const MAX_BODY = 1_048_576;

/** Anybody on this computer can send bodies, and the sandbox may run inside Node-RED. */
const memory = new BodyMemory();

export async function readBody(req: IncomingMessage): Promise<Buffer> {
  const body = memory.open(MAX_BODY);
  try {
    for await (const chunk of req.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (body.size + chunk.length > MAX_BODY) {
        throw generalError(413, 'The body is too large.', { connection: 'close' });
      }
      if (!body.append(chunk)) {
        throw generalError(503, 'Too many bodies at once.', { connection: 'close', 'retry-after': '5' });
      }
    }
    // Dropped while it waited for its end.
    if (!body.isOpen) throw generalError(503, 'Too many bodies at once.', { 'retry-after': '5' });
    return body.bytes();
  } finally {
    body.release();
  }
}

export const isType = (req: IncomingMessage, type: string): boolean =>
  req.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === type;

/** @returns The parsed body, or undefined where nothing was sent. */
export async function readJson(req: IncomingMessage): Promise<unknown> {
  const body = await readBody(req);
  if (body.length === 0) return undefined;
  if (!isType(req, 'application/json')) throw generalError(415, 'Send application/json.');
  try {
    return JSON.parse(body.toString()) as unknown;
  } catch {
    throw validationError(400, { globalErrors: ['The body is not JSON.'] });
  }
}

export const jsonBytes = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

/** Answers with JSON, always: the vendor's widgets take an empty answer for a failure. */
export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const bytes = jsonBytes(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length, ...headers });
  res.end(bytes);
}
