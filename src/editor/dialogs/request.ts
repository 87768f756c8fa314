import { normalisedBody, type SavedBody } from './body-form';
import { environmentNote, outputRow } from './call-dialog';
import { byId, el, labelFor, note, row, select } from '../lib/dom';
import { withProductionMark } from '../lib/environment';
import { fieldInput, type FieldInput } from '../fields/field-input';
import { type Field, normalised } from '../fields/field-model';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';

const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'];

export function label(node: EditorNode): string {
  const path = pathField(node);
  const method = asText(node.method, 'GET');
  const text = path.type === 'str' && path.value ? `${method} ${path.value}` : node._('label');
  return withProductionMark(node, asText(node.name, text));
}

/** @returns true, or what is wrong with the saved path or query */
export function validFields(node: EditorNode): true | string {
  const path = pathField(node);
  const name = node._('path');
  if (path.value.trim() === '') return shared('editor.missing', { name });
  if (path.type === 'str' && !/^\/(?!\/)[^?#\s\\]*$/.test(path.value))
    return shared('editor.invalid', { name });
  return true;
}

function pathField(node: EditorNode): Field {
  return fieldOf(node, 'path');
}

function fieldOf(node: EditorNode, name: string): Field {
  const fields = (node.fields ?? {}) as Record<string, Partial<Field> | undefined>;
  return normalised(fields[name]) ?? { type: 'str', value: '' };
}

interface Dialog {
  path: FieldInput;
  query: FieldInput;
  body: FieldInput;
  kept: SavedBody;
}

let dialog: Dialog | undefined;

export function prepare(node: EditorNode): void {
  const place = byId<HTMLElement>('onegevity-form');
  const method = select(
    'node-input-method',
    methods.map((value) => ({ value, label: value })),
    asText(node.method, 'GET'),
  );
  const kept = normalisedBody(node.body);
  const [path, query, body] = [
    input('path', node._('path'), true, fieldOf(node, 'path')),
    input('query', node._('query'), false, fieldOf(node, 'query')),
    input('body', shared('editor.body'), false, { type: kept.type, value: kept.value }),
  ];
  const bodyPlace = el('div', {}, body.row);
  const showBody = () => bodyPlace.toggleAttribute('hidden', method.value === 'GET');
  method.addEventListener('change', showBody);
  const output = outputRow(node);
  place.append(
    environmentNote(() => undefined),
    note('info', node._('purpose')),
    row(labelFor(method.id, node._('method'), { iconName: 'fa-exchange' }), method),
    path.row,
    query.row,
    bodyPlace,
    output.element,
  );
  for (const { control } of [path, query, body]) control.attach();
  output.attach();
  showBody();
  dialog = { path: path.control, query: query.control, body: body.control, kept };
}

function input(
  name: string,
  text: string,
  required: boolean,
  field: Field,
): { row: HTMLElement; control: FieldInput } {
  const id = `node-input-field-${name}`;
  const schema = name === 'body' ? ({ type: 'object' } as const) : ({ type: 'string' } as const);
  const control = fieldInput({ id, label: text, schema, field, required });
  return { row: row(labelFor(id, text, { required }), control.element), control };
}

export function save(node: EditorNode): void {
  if (!dialog) return;
  const { path, query, body, kept } = dialog;
  const queryField = query.read();
  node.fields = { path: path.read(), ...(queryField.value === '' ? {} : { query: queryField }) };
  node.body = { ...kept, ...body.read(), mode: 'typed' };
  dialog = undefined;
}
