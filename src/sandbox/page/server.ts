/** Asks the sandbox's control routes, which lie beside the page. */
import { texts } from './texts';

const root = new URL('sandbox/', document.baseURI);

/** An answer other than success, in words. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** @throws Refused when the sandbox answers so, TypeError when it does not answer */
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
  if (response.ok) return JSON.parse(text) as T;
  const said = explained(text);
  if (response.status === 401) throw new Refused(401, inEditor() ? texts.logIn : texts.tokenMissing);
  throw new Refused(response.status, said || texts.answered(response.status));
}

function explained(text: string): string {
  try {
    const {
      message,
      globalErrors = [],
      fieldErrors = [],
    } = JSON.parse(text) as {
      message?: string;
      globalErrors?: string[];
      fieldErrors?: { fieldName: string; message: string }[];
    };
    const fields = fieldErrors.map((fault) => `${fault.fieldName} ${fault.message}`);
    return [...(message ? [message] : []), ...globalErrors, ...fields].join('; ');
  } catch {
    return '';
  }
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
