import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Api } from './api';
import type { Auth } from './auth';
import { serveControl, type Controls } from './control';
import { ApiError, generalError } from './errors';
import type { SandboxEvent } from './events';
import { readJson, sendJson } from './http';
import { serveAuthorize, serveToken } from './oauth';
import type { Store } from './store';

export interface ServerParts {
  api: Api;
  auth: Auth;
  store: Store;
  controls: Controls;
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
    handle(parts, req, res).catch((error: unknown) => fail(req, res, error));
  });
}

/** Every request passes here, whatever it is for. */
async function handle(parts: ServerParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const target = req.url ?? '/';
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  if (isApi(target)) await serveApi(parts, req, res);
  else if (path === '/oauth/token') await serveToken(parts.auth, req, res);
  else if (path === '/oauth/authorize' && req.method === 'GET') {
    serveAuthorize(parts.auth, parts.store, new URLSearchParams(query), res);
  } else if (path.startsWith('/sandbox/')) {
    const { status, body } = await serveControl(parts.controls, req, new URL(target, 'http://sandbox'));
    sendJson(res, status, body);
  } else throw generalError(404, 'There is no such resource.');
}

async function serveApi(
  { api, emit }: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (req.method === 'OPTIONS') {
    sendJson(res, 200, {}, PREFLIGHT);
    return;
  }
  const { status, body, events } = await api({
    method: req.method ?? 'GET',
    url: req.url ?? '',
    headers: req.headers as Record<string, string | string[]>,
    body: await readJson(req),
  });
  // Events leave after the answer, so that a client that made something knows of it before it is told.
  if (events.length > 0) res.on('close', () => emit(events));
  sendJson(res, status, body, CORS);
}

const isApi = (target: string): boolean => target.startsWith('/api/v1/');

function fail(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const { status, body, headers } =
    error instanceof ApiError
      ? error
      : error instanceof URIError
        ? generalError(400, 'The path is not well encoded.')
        : generalError(500, 'The sandbox failed.');
  sendJson(res, status, body, { ...headers, ...(isApi(req.url ?? '') && CORS) });
}
