/** Derives the operation table and the topics from the API description. Pure functions; no file is touched. */
import type { Operation, OperationParameter, OperationResponse, ValueSchema } from '../src/lib/api/operation';
import type { Topic } from '../src/lib/webhook/topic';

interface Reference {
  $ref: string;
}

interface SourceParameter {
  name: string;
  in: 'path' | 'query';
  required?: boolean;
  schema: ValueSchema | Reference;
  'x-default-source'?: string;
}

interface SourceBody {
  required?: boolean;
  content: { 'application/json': { schema: Reference } };
}

interface SourceResponse {
  content: { 'application/json': { schema: Reference } };
}

interface Model {
  type?: string;
  required?: string[];
  properties?: Record<string, unknown>;
  items?: Model | Reference;
  allOf?: (Model | Reference)[];
  anyOf?: (Model | Reference)[];
  oneOf?: (Model | Reference)[];
  'x-confidence'?: string;
}

interface SourceOperation {
  operationId: string;
  tags: string[];
  parameters?: (SourceParameter | Reference)[];
  requestBody?: SourceBody;
  responses: { '2XX': SourceResponse | Reference };
  security: { oauth2: string[] }[];
  'x-confidence': Operation['confidence'];
  'x-scope-confidence'?: 'guess';
  'x-list'?: NonNullable<Operation['list']>;
  'x-converts'?: NonNullable<Operation['codec']>;
  'x-echo'?: OperationResponse['echo'];
}

interface ComposedOperation {
  operationId: string;
  tag: string;
  writes: boolean;
  composedOf: string[];
  arguments: Omit<SourceParameter, 'in'>[];
}

/** The parts of `openapi/onegevity-v1.yaml` that the tables are made of. */
export interface Description {
  paths: Record<string, Partial<Record<'get' | 'post' | 'patch', SourceOperation>>>;
  'x-composed-operations': ComposedOperation[];
  'x-webhooks': Record<string, { post: { requestBody: SourceBody } }>;
  components: { schemas: object };
}

const methods = { get: 'GET', post: 'POST', patch: 'PATCH' } as const;
const valueKeys = ['type', 'format', 'enum', 'minimum', 'maxLength', 'pattern'] as const;

/**
 * All operations by id: the vendor's in the order of the description, then the composed ones.
 *
 * @throws Error when the description refers to something that it does not hold.
 */
export function operationTable(description: Description): Record<string, Operation> {
  const table: Record<string, Operation> = {};
  for (const [path, item] of Object.entries(description.paths)) {
    for (const method of ['get', 'post', 'patch'] as const) {
      const source = item[method];
      if (source) table[source.operationId] = vendorOperation(description, path, method, source);
    }
  }
  for (const source of description['x-composed-operations']) {
    table[source.operationId] = composedOperation(description, table, source);
  }
  return table;
}

/** The webhook topics in the order of the description, which is the vendor's. */
export function topicList(description: Description): Topic[] {
  return Object.entries(description['x-webhooks']).map(([name, { post }]) => {
    const reference = post.requestBody.content['application/json'].schema;
    const { properties } = resolve<{ properties: object }>(description, reference);
    return { name, members: Object.keys(properties).filter((member) => member !== 'id') };
  });
}

/**
 * The names under which models hold an identifier (`format: identifier`), or a list of them. Parameters are not among
 * these: the name `key` may mean anything in a body.
 */
export function identifierNames({ components }: Description): string[] {
  const names = new Set<string>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const [name, member] of Object.entries((node as { properties?: object }).properties ?? {})) {
      const { format, items } = member as ValueSchema;
      if (format === 'identifier' || items?.format === 'identifier') names.add(name);
    }
    Object.values(node).forEach(visit);
  };
  visit(components.schemas);
  return [...names].sort();
}

function vendorOperation(
  description: Description,
  path: string,
  method: keyof typeof methods,
  source: SourceOperation,
): Operation {
  const { requestBody, 'x-list': list, 'x-converts': converts } = source;
  return {
    id: source.operationId,
    tag: first(source.tags),
    method: methods[method],
    path,
    parameters: (source.parameters ?? []).map((reference) => {
      const found = resolve<SourceParameter>(description, reference);
      return parameter(description, found, found.in);
    }),
    ...(requestBody && { body: body(description, requestBody) }),
    // What a list must hold is said by `list`.
    ...(!list && { response: response(description, source) }),
    ...(list && { list }),
    ...(converts && { codec: converts }),
    scopes: source.security.flatMap(({ oauth2 }) => oauth2),
    scopesKnown: source['x-scope-confidence'] !== 'guess',
    confidence: source['x-confidence'],
    writes: method !== 'get',
  };
}

/** Scopes and confidence of a composed operation follow from the calls it is made of. */
function composedOperation(
  description: Description,
  table: Record<string, Operation>,
  source: ComposedOperation,
): Operation {
  const parts = source.composedOf.map((id) => {
    const part = table[id];
    if (!part) throw new Error(`${source.operationId} is composed of ${id}, which does not exist`);
    return part;
  });
  return {
    id: source.operationId,
    tag: source.tag,
    method: parts.find(({ writes }) => writes)?.method ?? 'GET',
    path: '',
    parameters: source.arguments.map((argument) => parameter(description, argument, 'argument')),
    scopes: [...new Set(parts.flatMap(({ scopes }) => scopes))],
    scopesKnown: parts.every(({ scopesKnown }) => scopesKnown),
    // The letters sort from the best known to the least.
    confidence: first(
      parts
        .map(({ confidence }) => confidence)
        .sort()
        .reverse(),
    ),
    writes: source.writes,
    composedOf: source.composedOf,
  };
}

function parameter(
  description: Description,
  source: Omit<SourceParameter, 'in'>,
  place: OperationParameter['in'],
): OperationParameter {
  const from = source['x-default-source'];
  return {
    name: source.name,
    in: place,
    required: source.required ?? false,
    schema: valueSchema(description, source.schema),
    ...(from !== undefined && { source: from }),
  };
}

function body(description: Description, source: SourceBody): NonNullable<Operation['body']> {
  const { $ref } = source.content['application/json'].schema;
  const model = resolve<{ 'x-confidence'?: string }>(description, { $ref });
  return {
    required: source.required ?? false,
    schema: $ref.slice($ref.lastIndexOf('/') + 1),
    strict: model['x-confidence'] === 'A',
  };
}

function response(description: Description, source: SourceOperation): OperationResponse {
  const success = resolve<SourceResponse>(description, source.responses['2XX']);
  const { $ref } = success.content['application/json'].schema;
  const model = resolve<Model>(description, { $ref });
  return {
    schema: $ref.slice($ref.lastIndexOf('/') + 1),
    known: model['x-confidence'] === 'A',
    type: isObject(description, model) ? 'object' : 'any',
    echo: source['x-echo'] ?? {},
  };
}

function isObject(description: Description, model: Model): boolean {
  const parts = model.allOf ?? model.anyOf ?? model.oneOf;
  if (!parts) return model.type === 'object';
  return parts.every((part) => isObject(description, resolve<Model>(description, part)));
}

/** All names of parameters and of fields of request bodies, however deep: what an error may name without telling data. */
export function fieldNames(description: Description): string[] {
  const names = new Set<string>();
  const seen = new Set<object>();
  const visit = (reference: Model | Reference): void => {
    const model = resolve<Model>(description, reference);
    if (seen.has(model)) return;
    seen.add(model);
    for (const [name, field] of Object.entries(model.properties ?? {})) {
      names.add(name);
      visit(field as Model);
    }
    if (model.items) visit(model.items);
    for (const part of [...(model.allOf ?? []), ...(model.anyOf ?? []), ...(model.oneOf ?? [])]) visit(part);
  };
  for (const item of Object.values(description.paths)) {
    for (const { parameters = [], requestBody } of Object.values(item)) {
      for (const one of parameters) names.add(resolve<SourceParameter>(description, one).name);
      if (requestBody) visit(requestBody.content['application/json'].schema);
    }
  }
  return [...names].sort();
}

export function valueSchema(description: Description, reference: ValueSchema | Reference): ValueSchema {
  const schema = resolve<ValueSchema>(description, reference);
  return {
    ...Object.fromEntries(valueKeys.filter((key) => key in schema).map((key) => [key, schema[key]])),
    ...(schema.items && { items: valueSchema(description, schema.items) }),
  };
}

export function resolve<T extends object>(description: Description, value: T | Reference): T {
  if (!('$ref' in value)) return value;
  const found = value.$ref
    .split('/')
    .slice(1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], description);
  if (!found) throw new Error(`The description has no ${value.$ref}`);
  return found as T;
}

function first<T>(values: readonly T[]): T {
  const [value] = values;
  if (value === undefined) throw new Error('The description leaves a list empty that must not be');
  return value;
}
