import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Api } from '../api/routes';
import { type AccessPolicy, rejectForeign, rejectOtherOrigins } from '../control/foreign';
import { serveControl, type Controls } from '../control/routes';
import { documentAt } from '../domain/documents';
import { ApiError, generalError } from '../http/errors';
import type { SandboxEvent } from '../webhooks/events';
import { respondWithFaults, type FullReply } from '../faults/apply';
import type { ActiveFault } from '../faults/kinds';
import { readJson, sendJson } from '../http/http';
import { serveAuthorize, serveToken } from './oauth';
import { pageFile } from './page-files';
import { keptText, type RequestEntry } from '../http/requests';

export interface ServerParts {
  api: Api;
  controls: Controls;
  /** Who may call the control routes. */
  access: AccessPolicy;
  /** Where `/oauth/authorize` may go on to; undefined: anywhere. */
  redirectUris: readonly string[] | undefined;
  unref: boolean;
  emit: (events: readonly SandboxEvent[]) => void;
}

/** What the vendor's browser widgets need: preflights without a token, the headers on errors too. */
const CORS = { 'access-control-allow-origin': '*' };
const PREFLIGHT = {
  ...CORS,
  'access-control-allow-methods': 'GET, POST, PATCH',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-max-age': '600',
};

export function makeServer(parts: ServerParts): Server {
  return createServer((req, res) => {
    handle(parts, req, res).catch((error: unknown) => {
      if (res.headersSent || res.destroyed) res.destroy();
      else {
        const { status, body, headers } = rejection(error);
        sendJson(res, status, body, { ...headers, ...(isApi(req.url ?? '') && CORS) });
      }
    });
  });
}

/** Every request passes here, whatever it is for. */
async function handle(parts: ServerParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const target = req.url ?? '/';
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  if (path === '/' || path.startsWith('/sandbox/')) {
    await serveOwn(parts, req, res, path, new URLSearchParams(query));
    return;
  }
  const document = req.method === 'GET' ? documentAt(path) : undefined;
  if (document) {
    res
      .writeHead(200, { 'content-type': 'application/pdf', 'content-length': document.length })
      .end(document);
    return;
  }
  const entry = logged(parts, req, res, path);
  if (isApi(target)) await serveApi(parts, req, res, entry);
  else if (path === '/oauth/token') await serveTokens(parts, req, res, entry);
  else if (path === '/oauth/authorize' && req.method === 'GET') {
    entry.operation = 'authorize';
    const { auth, services } = parts.controls;
    serveAuthorize(auth, services.store, parts.redirectUris, new URLSearchParams(query), res);
  } else throw generalError(404, 'There is no such resource.');
}

/** The page and the control routes, which answer to this computer, or to whoever has the token. */
async function serveOwn(
  { controls, access }: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
  query: URLSearchParams,
): Promise<void> {
  const file = req.method === 'GET' ? pageFile(path) : undefined;
  if (!file) rejectForeign(access, req);
  else {
    rejectOtherOrigins(access.hosts, req);
    res.writeHead(200, { ...file.headers, 'content-length': Buffer.byteLength(file.text) }).end(file.text);
    return;
  }
  const body = await readJson(req);
  const request = { method: req.method ?? '', path: path.slice('/sandbox/'.length), query, body };
  const reply = await serveControl(controls, request);
  sendJson(res, reply.status, reply.body, { 'cache-control': 'no-store' });
}

async function serveApi(
  { api, controls, emit, unref }: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
  entry: RequestEntry,
): Promise<void> {
  if (req.method === 'OPTIONS') {
    sendJson(res, 200, {}, PREFLIGHT);
    return;
  }
  const url = req.url ?? '';
  const method = req.method ?? 'GET';
  const operation = api.operationOf(method, url);
  if (operation !== undefined) entry.operation = operation;
  const trouble = operation === undefined ? { delay: 0 } : controls.faults.forCall(operation);
  noteFault(entry, trouble);
  const serve = async (): Promise<FullReply> => {
    try {
      const body = await readJson(req);
      note(entry, 'body', keptText(body));
      const headers = req.headers as Record<string, string | string[]>;
      const { events, ...reply } = await api.call({ method, url, headers, body });
      // Events leave after the answer, so that a client that made something knows of it before it is told.
      if (res.closed) emit(events);
      else if (events.length > 0) res.on('close', () => emit(events));
      return reply;
    } catch (error) {
      return rejection(error);
    }
  };
  const { authorization } = req.headers;
  const { auth } = controls;
  const reply = await respondWithFaults(trouble, { res, auth, authorization, headers: CORS, serve, unref });
  note(entry, 'answer', keptText(reply?.body));
}

/** What is sent to and given by the token endpoint is secret, so it is not logged. */
async function serveTokens(
  { controls, unref }: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
  entry: RequestEntry,
): Promise<void> {
  entry.operation = 'token';
  const { auth } = controls;
  const trouble = controls.faults.forCall('token');
  noteFault(entry, trouble);
  const serve = async (fault?: ActiveFault): Promise<FullReply> => {
    try {
      const isShort = fault?.fault === 'short-token' || fault?.fault === 'narrow-token';
      return await serveToken(auth, req, {
        ...(isShort && { lifetime: fault.seconds }),
        ...(fault?.fault === 'narrow-token' && { scopes: [] }),
      });
    } catch (error) {
      return rejection(error);
    }
  };
  await respondWithFaults(trouble, { res, auth, authorization: undefined, headers: {}, serve, unref });
}

function logged(
  { controls }: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
  path: string,
): RequestEntry {
  const started = performance.now();
  const entry = controls.requests.add(req.method ?? '', path);
  res.on('close', () => {
    const status = res.headersSent ? res.statusCode : null;
    controls.requests.finish(entry, { status, milliseconds: Math.round(performance.now() - started) });
  });
  return entry;
}

function note(entry: RequestEntry, member: 'body' | 'answer', text: string | undefined): void {
  if (text !== undefined) entry[member] = text;
}

function noteFault(entry: RequestEntry, { delay, fault }: { delay: number; fault?: ActiveFault }): void {
  const names = [...(delay > 0 ? ['delay'] : []), ...(fault ? [fault.fault] : [])];
  if (names.length > 0) entry.fault = names.join(', ');
}

const isApi = (target: string): boolean => target.startsWith('/api/v1/');

function rejection(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return error instanceof URIError
    ? generalError(400, 'The path is not well encoded.')
    : generalError(500, 'The sandbox failed.');
}
