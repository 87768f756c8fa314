import type { IncomingMessage } from 'node:http';
import type { NodeAPI } from 'node-red';
import { embeddedSandbox, sandboxPageFile } from '../config/embedded-sandbox';
import { isCrossOrigin, namedBy } from './cross-origin';

/** What is used of Express here. */
interface Request extends IncomingMessage {
  /** Path and query below the place where the handler is mounted. */
  url: string;
  originalUrl: string;
  body?: unknown;
}
interface Response {
  set(headers: Readonly<Record<string, string>>): Response;
  status(code: number): Response;
  send(text: string): void;
  json(body: unknown): void;
  redirect(target: string): void;
}

/** Below the editor's root: the page, and beside it the control routes that it asks. */
const PLACE = '/onegevity/sandbox';
const CONTROLS = '/sandbox/';

/**
 * Serves the embedded sandbox's page through the editor, as a loopback port is the wrong computer's under Docker. The
 * page itself is open and holds no data; what it asks for needs the editor's permission and the editor's origin.
 */
export function serveSandboxPage(RED: NodeAPI): void {
  // There is none where the editor is switched off.
  const admin = RED.httpAdmin as typeof RED.httpAdmin | undefined;
  if (!admin) return;
  const allow = {
    read: RED.auth.needsPermission('onegevity-sandbox.read'),
    write: RED.auth.needsPermission('onegevity-sandbox.write'),
  };
  admin.use(PLACE, (req: Request, res: Response, next: (error?: unknown) => void) => {
    const [path = '/', query = ''] = req.url.split(/\?(.*)/s);
    const asked = req.originalUrl.split('?')[0] ?? '';
    // The page's own links are relative, so it must be asked for as a folder.
    if (path === '/' && !asked.endsWith('/')) {
      res.redirect(`${asked.split('/').pop()}/`);
      return;
    }
    servePage(req, res, path).then((served) => {
      if (served) return;
      if (!path.startsWith(CONTROLS)) next();
      else if (isCrossOrigin(req)) res.status(403).json({ message: foreignText(req) });
      else {
        const permitted = req.method === 'GET' ? allow.read : allow.write;
        permitted(req as never, res as never, () => {
          serveControls(RED, req, res, path.slice(CONTROLS.length), query).catch(next);
        });
      }
    }, next);
  });
}

function foreignText(req: Request): string {
  const { origin, host } = namedBy(req);
  return `Only the pages of this Node-RED may ask. This page is from ${origin}, and Node-RED was asked as ${host}. If a proxy is in between, it changes the Host header: let it pass the header on (nginx: proxy_set_header Host $http_host; Apache: ProxyPreserveHost On), or use https.`;
}

async function servePage(req: Request, res: Response, path: string): Promise<boolean> {
  const file = req.method === 'GET' ? await sandboxPageFile(path) : undefined;
  if (file) res.set(file.headers).send(file.text);
  return file !== undefined;
}

async function serveControls(
  RED: NodeAPI,
  req: Request,
  res: Response,
  path: string,
  query: string,
): Promise<void> {
  const method = req.method ?? '';
  const hasBody = Number(req.headers['content-length'] ?? 0) > 0 || 'transfer-encoding' in req.headers;
  if (hasBody && !/^application\/json *(;|$)/i.test(req.headers['content-type'] ?? '')) {
    res.status(415).json({ message: 'Send application/json.' });
    return;
  }
  const sandbox = await embeddedSandbox(RED);
  // Node-RED has parsed the body before any route is asked.
  const body = hasBody ? { body: req.body } : {};
  const answer = await sandbox.control({ method, path, query: new URLSearchParams(query), ...body });
  res.set({ 'cache-control': 'no-store' }).status(answer.status).json(answer.body);
}
