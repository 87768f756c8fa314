import type { Node, NodeAPI } from 'node-red';
import { topics } from '../generated/topics';
import { checkBody, isWebhookEvent } from '../lib/api/body';
import { OnegevityError } from '../lib/api/errors';
import { asObject } from '../lib/api/response';
import { queryString } from '../lib/api/path';
import { type BodyDef, readBody } from './shared/body';
import { type CallNodeDef, type Prepared, wireCallNode } from './shared/call-node';
import { FieldReader, type Fields } from './shared/fields';
import { type FlowMessage, isFromWebhook } from './shared/message';

interface RequestDef extends CallNodeDef {
  method?: string;
  /** `path` and `query` */
  fields?: Fields;
  body?: BodyDef;
}

const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

/** Any method and path below `/api/v1`: for what the public description does not cover. */
export = (RED: NodeAPI): void => {
  function OnegevityRequest(this: Node, def: RequestDef): void {
    RED.nodes.createNode(this, def);
    const reader = new FieldReader(RED, this, def.fields ?? {});
    wireCallNode(RED, this, def, (msg) => prepare(def, reader, msg));
  }
  RED.nodes.registerType('onegevity-request', OnegevityRequest);
};

async function prepare(def: RequestDef, reader: FieldReader, msg: FlowMessage): Promise<Prepared> {
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
  await checkBody({ required: false, schema: '', known: false }, body);
  return body;
}

/**
 * A path below the base, resolved as a server would: the token must reach the configured root only, and no
 * path may climb out of `/api/v1`. An empty segment is where an identifier was to be: without it, the path would mean
 * all of a list.
 * @throws OnegevityError `missing_parameter`, `bad_path`
 */
function pathOf(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw new OnegevityError('missing_parameter', { values: { name: 'path' } });
  }
  const path = value.trim();
  const decoded = path
    .replace(/%2e/gi, '.')
    .replace(/%5c/gi, '\\')
    .replace(/%2f/gi, '/')
    .replace(/%3b/gi, ';');
  const climbs = segmentsOf(decoded).some((segment) => segment === '.' || segment === '..');
  const odd = /[\s\\?#\p{Cc}\p{Cs}]/u.test(path);
  if (!path.startsWith('/') || segmentsOf(path.slice(1)).includes('') || climbs || odd) {
    throw new OnegevityError('bad_path');
  }
  return encodeURI(path).replaceAll('%25', '%');
}

/** As some servers see them, which cut off what follows a semicolon before they resolve a path. */
function segmentsOf(path: string): string[] {
  return path.split(/[/\\]/).map((segment) => segment.replace(/;.*$/s, ''));
}

function queryOf(value: unknown): string {
  if (value === undefined || value === '') return '';
  const members = asObject(value);
  if (members) return queryString(members);
  if (typeof value !== 'string') throw new OnegevityError('bad_parameter', { values: { name: 'query' } });
  return queryString([...new URLSearchParams(value)]);
}
