import type { NodeAPI } from 'node-red';
import { operations } from '../../generated/operations';
import type { ApiClient } from '../../lib/api/client';
import { OnegevityError } from '../../lib/errors';
import { itemsOf } from '../../lib/api/pagination';
import { asObject } from '../../lib/http/response';
import { configInEditor } from '../shared/config-link';
import type { AdminRequest } from './http';

/** A value to offer in a dialog. */
export interface Suggestion {
  value: string;
  label: string;
}

/** Milliseconds: a list that comes later helps nobody any more. */
const timeLimit = 5000;
/** A list that is longer is no help either. */
const pageSize = 100;

/** A Map: a name out of a URL must not find what every object has, such as `constructor`. */
const kinds = new Map<string, (client: ApiClient) => Promise<Suggestion[]>>([
  [
    'packages',
    async (client) => (await list(client, 'listPackages')).flatMap((item) => named(item, 'clientIdentifier')),
  ],
  [
    'surveys',
    async (client) => (await list(client, 'listSurveys')).flatMap((item) => named(item, 'key', 'title')),
  ],
  ['kit-elements', async (client) => (await list(client, 'listPackages')).flatMap(elementsOf)],
]);

/**
 * What the account of a deployed config node has, to choose from in dialogs.
 * Catalogue data only: nothing of a patient, and no secret.
 */
export async function suggestions(_RED: NodeAPI, { params, query }: AdminRequest): Promise<object> {
  const config = configInEditor(params.config ?? '', typeof query.node === 'string' ? query.node : undefined);
  const read = kinds.get(params.kind ?? '');
  if (!config) throw new OnegevityError('no_config');
  if (!read) throw new OnegevityError('bad_parameter', { values: { name: 'kind' } });
  const limit = new Promise<never>((_resolve, reject) => {
    setTimeout(
      () => reject(new OnegevityError('timeout', { values: { seconds: timeLimit / 1000 } })),
      timeLimit,
    ).unref();
  });
  const items = await Promise.race([config.client().then(read), limit]);
  return { ok: true, environment: config.environment, items };
}

async function list(client: ApiClient, name: 'listPackages' | 'listSurveys'): Promise<unknown[]> {
  const operation = operations[name];
  const response = await client.call(operation, { pageNumber: 1, pageSize }, undefined, {
    timeout: timeLimit,
  });
  return itemsOf(operation, response);
}

function named(item: unknown, key: string, title = 'name'): Suggestion[] {
  const members = asObject(item);
  const value = members?.[key];
  if (typeof value !== 'string' || value === '') return [];
  const name = members?.[title] ?? members?.name;
  return [{ value, label: typeof name === 'string' && name !== value ? `${name} (${value})` : value }];
}

function elementsOf(item: unknown): Suggestion[] {
  const members = asObject(item);
  const elements = Array.isArray(members?.elements) ? members.elements : [];
  const inPackage = typeof members?.name === 'string' ? ` – ${members.name}` : '';
  return elements
    .flatMap((element) => named(element, 'clientIdentifier'))
    .map(({ value, label }) => ({ value, label: label + inPackage }));
}
