import type { OperationParameter } from '../../lib/api/operation';
import { completerOf } from '../fields/suggestions';
import { configId, environmentNote } from './call-dialog';
import { copyButton } from '../lib/copy';
import { byId, el, labelFor, note, row, showDefaults } from '../lib/dom';
import { configOf, environmentOf, withProductionMark } from '../lib/environment';
import { fieldInput, type FieldInput } from '../fields/field-input';
import { defaultField, type Field, isMissing, isSame, normalised } from '../fields/field-model';
import { memberLabel } from '../lib/names';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';
import { webhookUrl } from './webhook-urls';

const patient: Pick<OperationParameter, 'name' | 'schema' | 'source'> = {
  name: 'patientIdentifier',
  schema: { type: 'string' },
  source: 'payload.patientIdentifier',
};

export function label(node: EditorNode): string {
  return withProductionMark(node, asText(node.name, node._('label')));
}

function savedField(value: unknown): Field {
  const fields = (value ?? {}) as Record<string, Partial<Field> | undefined>;
  return normalised(fields[patient.name]) ?? defaultField(patient);
}

export function validFields(value: unknown): true | string {
  const field = savedField(value);
  const name = memberLabel(patient.name);
  if (isMissing(field)) return shared('editor.missing', { name });
  const valid = RED.utils.validateTypedProperty(field.value, field.type, { label: name });
  return valid === true || valid || shared('editor.invalid', { name });
}

export function validPath(node: EditorNode, value: unknown): true | string {
  const path = asText(value).trim();
  return path === '' || /^[\w\-./~]+$/.test(path) || shared('editor.invalid', { name: node._('path') });
}

/** An environment variable's value is known only when the flow runs. */
export function validPublicUrl(node: EditorNode, value: unknown): true | string {
  const text = asText(value).trim();
  const environment = environmentOf(configOf(node));
  if (/^\$[{(]/.test(text)) return true;
  if (text === '') return !environment || environment === 'sandbox' || shared('errors.bad_public_url');
  const loopback = /^http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?\/?$/i.test(text);
  const allowed =
    /^https:\/\/[^\s?#@]+$/i.test(text) ||
    (loopback && environment !== 'staging' && environment !== 'production');
  return allowed || shared('errors.bad_public_url');
}

let input: FieldInput | undefined;

export function prepare(node: EditorNode): void {
  showDefaults(node, 'node-input-');
  const id = `node-input-field-${patient.name}`;
  const name = memberLabel(patient.name);
  input = fieldInput({
    id,
    label: name,
    schema: patient.schema,
    field: savedField(node.fields),
    required: true,
    complete: completerOf(patient.name, configId),
  });
  byId<HTMLElement>('onegevity-form').append(
    environmentNote(() => drawRedirect(node)),
    note('warning', node._('loginFirst')),
    row(labelFor(id, name, { required: true, title: patient.name }), input.element),
  );
  input.attach();
  prepareScopes();
  for (const each of ['path', 'publicUrl']) {
    byId(`node-input-${each}`).addEventListener('input', () => drawRedirect(node));
  }
}

/** A list of scopes, or any: one property, two controls. */
function prepareScopes(): void {
  const list = byId('node-input-scopes');
  const box = byId('onegevity-any-scope');
  box.checked = list.value.trim() === 'any';
  const draw = () => {
    byId<HTMLElement>('onegevity-scopes-row').hidden = box.checked;
    byId<HTMLElement>('onegevity-scopes-about').hidden = box.checked;
    byId<HTMLElement>('onegevity-any-scope-about').hidden = !box.checked;
  };
  box.addEventListener('change', () => {
    list.value = box.checked ? 'any' : 'default';
    draw();
  });
  draw();
}

/** The address that the vendor may have to know. */
function drawRedirect(node: EditorNode): void {
  const place = byId<HTMLElement>('onegevity-redirect');
  const url = webhookUrl({
    origin: location.origin,
    httpNodeRoot: RED.settings.httpNodeRoot,
    publicUrl: byId('node-input-publicUrl').value,
    path: byId('node-input-path').value || asText(node._def.defaults.path?.value),
  });
  if (url === undefined) {
    place.replaceChildren(note('warning', shared('errors.http_off')));
    return;
  }
  const field = el('input', { type: 'text', id: 'onegevity-redirect-url', readonly: true });
  field.value = url;
  place.replaceChildren(
    row(labelFor(field.id, node._('redirectUri')), field, ' ', copyButton(url, node._('redirectUri'))),
    note('info', node._('redirectAbout')),
  );
}

/** Only what differs from the default place is saved, so that opening and closing the dialog changes nothing. */
export function save(node: EditorNode): void {
  const field = input?.read();
  input = undefined;
  if (!field) return;
  node.fields = isSame(field, defaultField(patient)) ? {} : { [patient.name]: field };
}
