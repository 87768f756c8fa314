import type { OperationParameter, ValueSchema } from '../../lib/api/operation';

/** A typed input as it is saved. */
export interface Field {
  value: string;
  type: string;
}

export type Fields = Readonly<Record<string, Field>>;

/** How the fixed value of a schema is entered; each stands for the saved type of the same name or of {@link encode}. */
export type InputKind = 'str' | 'num' | 'bool' | 'json' | 'date' | 'choice' | 'list';

/** @returns the ways to enter a fixed value, the fitting one first */
export function entriesOf(schema: ValueSchema): InputKind[] {
  if (schema.enum) return ['choice'];
  if (schema.format === 'date') return ['date'];
  switch (schema.type) {
    case 'integer':
    case 'number':
      return ['num'];
    case 'boolean':
      return ['bool'];
    case 'array':
      return schema.items?.enum ? ['list'] : schema.items?.type === 'string' ? ['str', 'json'] : ['json'];
    case 'object':
      return ['json'];
    default:
      return ['str'];
  }
}

/** Where a parameter is read from unless the flow says otherwise; empty: it is left out. */
export function defaultField({ source, schema }: Pick<OperationParameter, 'source' | 'schema'>): Field {
  return source === undefined ? emptyField(schema) : { type: 'msg', value: source };
}

/** A fixed value that is not given. A list of choices needs one that means none. */
export function emptyField(schema: ValueSchema): Field {
  const [entry = 'str'] = entriesOf(schema);
  return encode(entry, '');
}

/** @returns a field as flows keep it: how a value was entered is the editor's business alone */
export function encode(entry: string, value: string): Field {
  switch (entry) {
    case 'choice':
    case 'date':
      return { type: 'str', value };
    case 'list':
      return value === ''
        ? { type: 'str', value: '' }
        : { type: 'json', value: JSON.stringify(value.split(',')) };
    case 'bool':
    case 'num':
    case 'json':
      return value === '' ? { type: 'str', value: '' } : { type: entry, value };
    default:
      return { type: entry, value };
  }
}

/** The reverse of {@link encode}: what the dialog shows for a field. */
export function decode(schema: ValueSchema, { type, value }: Field): { entry: string; value: string } {
  const entries = entriesOf(schema);
  const [first = 'str'] = entries;
  if (type === 'str') {
    if (first === 'choice' && value !== '' && !schema.enum?.includes(value)) return { entry: 'str', value };
    if (first === 'date' && value !== '' && !isDate(value)) return { entry: 'str', value };
    if (value !== '' && (first === 'json' || first === 'list')) return { entry: 'str', value };
    return { entry: first, value };
  }
  if (type === 'json' && first === 'list') {
    const items = listItems(value, schema.items?.enum ?? []);
    if (items) return { entry: 'list', value: items.join(',') };
  }
  return { entry: type, value };
}

function listItems(value: string, allowed: readonly string[]): string[] | undefined {
  try {
    const items: unknown = JSON.parse(value);
    const fits = Array.isArray(items) && items.every((item) => allowed.includes(item as string));
    return fits ? (items as string[]) : undefined;
  } catch {
    return undefined;
  }
}

function isDate(value: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(value);
}

export function isSame(one: Field, other: Field): boolean {
  return one.type === other.type && one.value === other.value;
}

/** A field of a flow written by hand may lack its type or hold a value that is no text. */
export function normalised(field: { value?: unknown; type?: unknown } | undefined): Field | undefined {
  if (!field || typeof field !== 'object') return undefined;
  const { value = '', type } = field;
  return {
    type: typeof type === 'string' ? type : 'str',
    value: typeof value === 'string' ? value : JSON.stringify(value),
  };
}

/** @returns whether a field gives nothing, as far as can be seen without a message */
export function isMissing({ type, value }: Field): boolean {
  return type !== 'previous' && type !== 'bool' && value.trim() === '';
}
