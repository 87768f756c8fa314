import type { Node, NodeAPI } from 'node-red';
import { topics } from '../../generated/topics';
import { checkBody, isWebhookEvent } from '../../lib/api/body';
import { OnegevityError } from '../../lib/errors';
import {
  badIdentifier,
  identifierFault,
  isIdentifierName,
  requireIdentifier,
} from '../../lib/onegevity/identifier';
import { asObject } from '../../lib/http/response';
import { queryString } from '../../lib/onegevity/path';
import { type BodyDef, readBody } from '../action/body';
import { type CallNodeDef, type PreparedCall, createCallNode } from '../action/call-node';
import { FieldReader, type Fields } from '../action/fields';
import { type FlowMessage, isFromWebhook } from '../shared/message';

export interface RequestDef extends CallNodeDef {
  method?: string;
  /** `path` and `query` */
  fields?: Fields;
  body?: BodyDef;
}

const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

/** Any method and path below `/api/v1`: for what the public description does not cover. */
export function buildRequest(RED: NodeAPI, node: Node, def: RequestDef): void {
  const reader = new FieldReader(RED, node, def.fields ?? {});
  createCallNode(RED, node, def, (msg) => prepare(def, reader, msg));
}

async function prepare(def: RequestDef, reader: FieldReader, msg: FlowMessage): Promise<PreparedCall> {
  const method = def.method ?? 'GET';
  if (!methods.includes(method)) throw new OnegevityError('bad_parameter', { values: { name: 'method' } });
  const path = pathOf(await reader.value('path', def.fields?.path ?? { type: 'str', value: '' }, msg));
  const query = queryOf(await reader.value('query', def.fields?.query ?? { type: 'str', value: '' }, msg));
  const body = await bodyOf(method, def, reader, msg);
  return {
    operation: `${method} ${path}`,
    params: {},
    run: async (call) =>
      call.emit(await call.client.request({ method, path: path + query, body }, call.options)),
  };
}

/**
 * @returns undefined for a GET, and for a DELETE unless a body is chosen
 * @throws OnegevityError `bad_body`, `webhook_as_body`
 */
async function bodyOf(
  method: string,
  def: RequestDef,
  reader: FieldReader,
  msg: FlowMessage,
): Promise<unknown> {
  if (method === 'GET' || (method === 'DELETE' && !def.body)) return undefined;
  const body = await readBody(reader, def.body, msg, []);
  if (isWebhookEvent(body, topics, isFromWebhook(msg))) throw new OnegevityError('webhook_as_body');
  await checkBody({ required: false, schema: '', strict: false }, body);
  return body;
}

/**
 * A path below the base, resolved as a server would: the token must reach the configured root only, and no
 * path may climb out of `/api/v1`. An empty segment is where an identifier was to be: without it, the path would mean
 * all of a list. Nothing is trimmed, since the end of the path may be an identifier.
 * @throws OnegevityError `missing_parameter`, `bad_path`, `bad_identifier`
 */
function pathOf(path: unknown): string {
  if (typeof path !== 'string' || path.trim() === '') {
    throw new OnegevityError('missing_parameter', { values: { name: 'path' } });
  }
  const segments = path.slice(1).split('/').map(decoded);
  const odd = /[\s\\?#\p{Cc}\p{Cs}]/u.test(path);
  if (!path.startsWith('/') || odd || segments.some((segment) => segment.replace(/;.*$/s, '') === '')) {
    throw new OnegevityError('bad_path');
  }
  const reasons = segments.map(identifierFault).filter((reason) => reason !== undefined);
  if (reasons.includes('dots')) throw new OnegevityError('bad_path');
  const [reason] = reasons;
  if (reason) throw badIdentifier([{ fieldName: 'path', message: reason }]);
  return encodeURI(path).replaceAll('%25', '%');
}

/** @throws OnegevityError `bad_path` for what is no percent-encoding, which servers read in different ways */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new OnegevityError('bad_path');
  }
}

/** @throws OnegevityError `bad_parameter`, `bad_identifier` */
function queryOf(value: unknown): string {
  if (value === undefined || value === '') return '';
  const members = asObject(value);
  if (!members && typeof value !== 'string')
    throw new OnegevityError('bad_parameter', { values: { name: 'query' } });
  const pairs = members ? Object.entries(members) : [...new URLSearchParams(value as string)];
  for (const [name, one] of pairs) {
    if (!isIdentifierName(name) || one === undefined || one === '') continue;
    for (const identifier of [one].flat() as unknown[]) requireIdentifier(name, identifier);
  }
  return queryString(pairs);
}
