import type { Node, NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { requireIdentifier } from '../../lib/onegevity/identifier';
import type { OperationParameter, ValueSchema } from '../../lib/api/operation';
import { asObject } from '../../lib/http/response';
import type { FlowMessage } from '../shared/message';
import { savedReference } from '../shared/saved-reference';

/** A typed input as it is saved: `previous` reads `msg.onegevity.params`, the rest is Node-RED's own. */
export interface Field {
  value?: unknown;
  type?: string;
}

export type Fields = Readonly<Record<string, Field | undefined>>;

/** Evaluates the typed inputs of one node against a message. */
export class FieldReader {
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly fields: Fields,
  ) {}

  /**
   * Reads a parameter from the place shown in the dialog, and from nowhere else.
   * @param writes writing operations do not read the previous step: after a core join it is another patient's
   * @throws OnegevityError `missing_parameter`, `bad_identifier`, `bad_parameter`, `bad_expression`
   */
  async parameter(parameter: OperationParameter, msg: FlowMessage, writes: boolean): Promise<unknown> {
    const { name, schema } = parameter;
    const used = this.fields[name] ?? defaultField(parameter);
    const value = await this.#value(name, used, msg, writes);
    if (isEmpty(value)) {
      // White space is no identifier, and no sign that none was meant.
      if (!parameter.required && typeof value === 'string')
        checkIdentifiers(name, schema, value || undefined);
      if (parameter.required)
        throw new OnegevityError('missing_parameter', { values: { name: this.#describeSource(name, used) } });
      return undefined;
    }
    checkIdentifiers(name, schema, value);
    return coerce(name, schema.type, value);
  }

  /** @throws OnegevityError `bad_expression` */
  async value(name: string, field: Field, msg: FlowMessage): Promise<unknown> {
    return this.#value(name, field, msg, true);
  }

  /** A field's name with the place that it is read from, where that is one in a message. */
  #describeSource(name: string, field: Field | undefined): string {
    if (field?.type === 'previous') return `${name} (msg.onegevity.params.${name})`;
    if (field?.type !== 'msg' || typeof field.value !== 'string') return name;
    return `${name} (msg.${savedReference(this.RED, this.node, ['fields', name, 'value']) ?? field.value})`;
  }

  async #value(name: string, field: Field | undefined, msg: FlowMessage, writes: boolean): Promise<unknown> {
    if (!field) return undefined;
    if (field.type === 'previous') {
      if (writes) throw new OnegevityError('bad_parameter', { values: { name } });
      return asObject(asObject(msg.onegevity)?.params)?.[name];
    }
    const type = field.type ?? 'str';
    const text = typeof field.value === 'string' ? field.value : JSON.stringify(field.value ?? '');
    if (type !== 'str' && text === '') return undefined;
    return evaluate(this.RED, this.node, name, { value: text, type }, msg);
  }
}

/** Whether a field reads the place that the operation names anyway; the dialog saves such fields too. */
export function isDefaultField({ source }: OperationParameter, field: Field | undefined): boolean {
  if (!field) return true;
  if (source === undefined) return field.value === undefined || field.value === '';
  return field.type === 'msg' && field.value === source;
}

function defaultField({ source }: OperationParameter): Field | undefined {
  return source === undefined ? undefined : { type: 'msg', value: source };
}

function evaluate(
  RED: NodeAPI,
  node: Node,
  name: string,
  { value, type }: { value: string; type: string },
  msg: FlowMessage,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // The error's own text may quote the message, so it is not passed on.
    // A path through nothing is simply not there.
    const fail = () =>
      type === 'msg'
        ? resolve(undefined)
        : reject(new OnegevityError('bad_expression', { values: { name } }));
    try {
      RED.util.evaluateNodeProperty(value, type, node, msg, (error, result) => {
        if (error) fail();
        else resolve(result);
      });
    } catch {
      fail();
    }
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** @throws OnegevityError `bad_identifier`, `bad_parameter` */
function checkIdentifiers(name: string, { type, format, items }: ValueSchema, value: unknown): void {
  if (value === undefined) return;
  if (items) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value])
      checkIdentifiers(name, items, item);
  } else if (format === 'identifier') {
    const identifier = requireIdentifier(name, value);
    // What else Number() takes for a number, such as 0x10 or 007, is not what was written.
    if (type === 'integer' && String(Number(identifier)) !== String(identifier))
      throw new OnegevityError('bad_parameter', { values: { name } });
  }
}

/** Holds a value against its type, taking text for numbers and truth values as forms and CSV files give it. */
function coerce(name: string, type: string | undefined, value: unknown): unknown {
  const bad = () => new OnegevityError('bad_parameter', { values: { name } });
  switch (type) {
    case 'boolean':
      if (value === true || value === 'true') return true;
      if (value === false || value === 'false') return false;
      throw bad();
    case 'integer':
    case 'number': {
      const number = typeof value === 'string' ? Number(value) : value;
      if (typeof number !== 'number' || !Number.isFinite(number)) throw bad();
      if (type === 'integer' && !Number.isSafeInteger(number)) throw bad();
      return number;
    }
    case 'array':
      return Array.isArray(value) ? value : [value];
    default:
      // A whole number beyond 2^53 has already lost digits: it would name another patient.
      if (typeof value === 'string' || Number.isSafeInteger(value)) return value;
      throw bad();
  }
}
