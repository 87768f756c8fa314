import type { Failure } from './red';
import { shared } from './text';

/** An answer of the runtime: a fault is given as the key of its text and what fills it. */
export interface Fault {
  code: string;
  values: Record<string, string | number>;
}

export type Answer<T> = ({ ok: true } & T) | ({ ok: false } & Fault);

/** Milliseconds after which the runtime counts as not answering. */
const timeout = 30_000;

/** Asks the runtime, with the editor's own token. Never fails: a fault is an answer too. */
export function ask<T>(path: string, body?: object): Promise<Answer<T>> {
  return new Promise((resolve) => {
    $.ajax({
      url: `onegevity/${path}`,
      method: body ? 'POST' : 'GET',
      dataType: 'json',
      timeout,
      ...(body ? { contentType: 'application/json', data: JSON.stringify(body) } : {}),
      success: (data) => resolve(data as Answer<T>),
      error: (xhr) => resolve({ ok: false, ...faultOf(xhr) }),
    });
  });
}

/** What stands between browser and Node-RED may have answered in its place, and may have changed the request. */
function faultOf(xhr: Failure): Fault {
  const { status, responseJSON } = xhr;
  const { code, values } = (responseJSON ?? {}) as Partial<Fault>;
  if (status === 403 && code === 'editor:foreign') return { code, values: values ?? {} };
  // A proxy asks for a name and a password, or for something else.
  const challenge = status === 401 ? (xhr.getResponseHeader('www-authenticate') ?? 'Bearer') : '';
  if (/^bearer/i.test(challenge)) return { code: 'editor:forbidden', values: {} };
  return status === 0
    ? { code: 'editor:unreachable', values: {} }
    : { code: 'editor:answered', values: { status } };
}

export function faultText({ code, values }: Fault): string {
  const [, own] = code.split('editor:');
  return own === undefined ? shared(`errors.${code}`, values) : shared(`editor.faults.${own}`, values);
}

/** Does something with a promise's value; what fails there shows in the browser's console. */
export function when<T>(promise: Promise<T>, then: (value: T) => void): void {
  promise.then(then).catch((error: unknown) => console.error(error));
}
