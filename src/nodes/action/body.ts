import { asObject } from '../../lib/http/response';
import type { Field, FieldReader, Fields } from './fields';
import type { FlowMessage } from '../shared/message';

/** A body as it is saved: one typed input, or a form whose member names may be dotted paths. */
export interface BodyDef extends Field {
  mode?: 'typed' | 'form';
  fields?: Fields;
}

/**
 * @param pathNames members that are sent in the path, which the default body leaves out
 * @returns the body, or undefined where the message holds none
 * @throws OnegevityError `bad_expression`
 */
export async function readBody(
  reader: FieldReader,
  def: BodyDef | undefined,
  msg: FlowMessage,
  pathNames: readonly string[],
): Promise<unknown> {
  if (def?.mode === 'form') return readForm(reader, def.fields ?? {}, msg);
  const { type = 'msg', value = 'payload' } = def ?? {};
  const body = await reader.value('body', { type, value }, msg);
  if (type !== 'msg' || value !== 'payload') return body;
  const members = asObject(body);
  if (!members || Buffer.isBuffer(body)) return body;
  return Object.fromEntries(Object.entries(members).filter(([name]) => !pathNames.includes(name)));
}

async function readForm(reader: FieldReader, fields: Fields, msg: FlowMessage): Promise<object | undefined> {
  const body: Record<string, unknown> = {};
  for (const [path, field] of Object.entries(fields)) {
    const value = field && (await reader.value(path, field, msg));
    if (value !== undefined && value !== '') put(body, path.split('.'), value);
  }
  return body;
}

function put(target: Record<string, unknown>, [name = '', ...rest]: string[], value: unknown): void {
  // A saved flow is input too: a member of this name would reach the prototype of every object.
  if (name === '__proto__') return;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = asObject(target[name]) ?? {};
  target[name] = inner;
  put(inner, rest, value);
}
