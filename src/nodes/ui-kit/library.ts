import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { NodeAPI } from 'node-red';
import { type Handler, serveGet } from './http-route';

const file = 'index.mjs';

interface ExpressResponse {
  sendFile(name: string, options: object, done: (error?: Error) => void): void;
}

/**
 * Serves the vendor's library at `<path>/ui-kit.mjs`, where the user has installed it beside Node-RED: it is not part
 * of this package.
 * @param onMissing called when it is asked for and not installed
 * @returns the removal
 */
export function serveLibrary(RED: NodeAPI, path: string, onMissing: () => void): () => void {
  const handler: Handler = (_req: IncomingMessage, res: ServerResponse) => {
    const folder = findLibrary(RED);
    const missing = (): void => {
      onMissing();
      res.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not_installed"}');
    };
    if (folder === undefined) return missing();
    // Express' own error page would name the folder.
    const sent = (error?: Error): void => {
      if (error && !res.headersSent && !res.destroyed) missing();
    };
    res.setHeader('content-type', 'text/javascript; charset=utf-8');
    // With the folder as root: a dot in the path above it, as in `.node-red`, is none of Express's business.
    (res as unknown as ExpressResponse).sendFile(file, { root: folder }, sent);
  };
  return serveGet(RED, `${path}/ui-kit.mjs`, handler, () => undefined);
}

/** Looked up when it is asked for, so that no restart is needed after its installation. */
function findLibrary(RED: NodeAPI): string | undefined {
  const { userDir } = RED.settings as { userDir?: unknown };
  const paths = [...(typeof userDir === 'string' ? [userDir] : []), __dirname];
  try {
    return dirname(require.resolve('@onegevity/ui-kit', { paths }));
  } catch {
    return undefined;
  }
}
