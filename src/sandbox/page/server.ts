/** Asks the sandbox's control routes, which lie beside the page. */
import { texts } from './texts';

const root = new URL('sandbox/', document.baseURI);

/** An answer other than success, in words. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Rejected when the sandbox answers so, TypeError when it does not answer */
export async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(new URL(path, root), {
    method,
    headers: {
      ...(body && { 'content-type': 'application/json' }),
      ...token(),
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok && answer !== undefined) return answer as T;
  const said = explained(answer);
  if (response.status === 401 && asksForToken(response))
    throw new HttpError(401, inEditor() ? texts.logIn : texts.tokenMissing);
  throw new HttpError(response.status, said || texts.answered(response.status));
}

/** Whether Node-RED or the sandbox may have rejected: a proxy asks for a name and a password, or for something else. */
function asksForToken({ headers }: Response): boolean {
  return /^bearer/i.test(headers.get('www-authenticate') ?? 'Bearer');
}

/** @returns undefined where it is not JSON: then it is not the sandbox's, but such as a login page's */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function explained(body: unknown): string {
  const { message, globalErrors, fieldErrors } = (body ?? {}) as {
    message?: unknown;
    globalErrors?: string[];
    fieldErrors?: { fieldName: string; message: string }[];
  };
  const fields = listed(fieldErrors).map((fault) => `${fault.fieldName} ${fault.message}`);
  return [...(typeof message === 'string' ? [message] : []), ...listed(globalErrors), ...fields].join('; ');
}

function listed<T>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value : [];
}

/** Whether Node-RED serves the page, below the editor. */
function inEditor(): boolean {
  return location.pathname.endsWith('/onegevity/sandbox/');
}

function token(): Record<string, string> {
  return inEditor() ? editorToken() : controlToken();
}

/** The control token of a sandbox that other computers reach stands in the fragment, which is sent to nobody. */
function controlToken(): Record<string, string> {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  return given === null ? {} : { authorization: `Bearer ${given}` };
}

/**
 * Inside Node-RED the page is as well guarded as the editor, whose token lies in the storage of this origin; its
 * name ends with the path of the editor.
 */
function editorToken(): Record<string, string> {
  const editorPath = location.pathname.replace(/\/onegevity\/sandbox\/$/, '');
  try {
    const stored = localStorage.getItem(`auth-tokens${editorPath.replaceAll('/', '-')}`);
    const { access_token: token } = JSON.parse(stored ?? '{}') as { access_token?: string };
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  } catch {
    return {};
  }
}
