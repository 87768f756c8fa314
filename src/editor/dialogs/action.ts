import type { Operation, OperationParameter } from '../../lib/api/operation';
import { completerOf, forget } from '../fields/suggestions';
import { BodyForm, normalisedBody, type SavedBody } from './body-form';
import { configId, environmentNote, outputRow } from './call-dialog';
import { byId, checkRow, el, labelFor, note, row, select } from '../lib/dom';
import { withProductionMark } from '../lib/environment';
import { fieldInput, type FieldInput } from '../fields/field-input';
import { defaultField, type Field, type Fields, isMissing, isSame, normalised } from '../fields/field-model';
import { memberLabel } from '../lib/names';
import { operationOf, operationsOf } from '../lib/operations';
import { PagingRows } from './paging-rows';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';

const pageParameters = ['pageNumber', 'pageSize'];

/** What a node is called on the workspace: what it does, unless the user has named it. */
export function label(node: EditorNode): string {
  const operation = operationOf(node.type, node.operation);
  const text = operation ? node._(`operations.${operation.id}.label`) : shared('status.unknown_operation');
  return withProductionMark(node, asText(node.name, text));
}

/** @returns true, or what is wrong with the saved parameters */
export function validFields(node: EditorNode, value: unknown): true | string {
  const operation = operationOf(node.type, node.operation);
  if (!operation) return shared('errors.unknown_operation', { name: asText(node.operation, '?') });
  const fields = (value ?? {}) as Record<string, Partial<Field> | undefined>;
  for (const parameter of operation.parameters) {
    const field = normalised(fields[parameter.name]) ?? defaultField(parameter);
    const name = memberLabel(parameter.name);
    if (isMissing(field)) {
      if (parameter.required) return shared('editor.missing', { name });
      continue;
    }
    if (field.type === 'previous') continue;
    const valid = RED.utils.validateTypedProperty(field.value, field.type, { label: name });
    if (valid !== true) return valid || shared('editor.invalid', { name });
  }
  return true;
}

/** The dialog of a node that offers operations of the API. */
class ActionDialog {
  readonly #kept: Map<string, Field>;
  readonly #bodies = new Map<string, SavedBody>();
  readonly #place = el('div');
  readonly #paging: PagingRows;
  readonly #inputs = new Map<string, { input: FieldInput; first: Field }>();
  #operation: Operation | undefined;
  #body: BodyForm | undefined;

  constructor(private readonly node: EditorNode) {
    const entries = Object.entries((node.fields ?? {}) as Record<string, Partial<Field>>);
    this.#kept = new Map(
      entries.flatMap(([name, saved]) => {
        const field = normalised(saved);
        return field ? [[name, field] as const] : [];
      }),
    );
    this.#paging = new PagingRows(node, () => this.#draw());
  }

  open(): void {
    const place = byId<HTMLElement>('onegevity-form');
    const offered = operationsOf(this.node.type);
    const options = offered.map(({ id }) => ({ value: id, label: this.node._(`operations.${id}.label`) }));
    const current = operationOf(this.node.type, this.node.operation);
    const saved = asText(this.node.operation, '?');
    if (!current) options.unshift({ value: saved, label: saved });
    const choice = select('node-input-operation', options, current?.id ?? saved);
    choice.addEventListener('change', () => {
      this.#collect();
      this.#use(operationOf(this.node.type, choice.value));
    });
    const output = outputRow(this.node);
    place.append(
      environmentNote(() => undefined),
      row(labelFor(choice.id, shared('editor.operation'), { iconName: 'fa-tasks' }), choice),
      this.#place,
      output.element,
    );
    output.attach();
    this.#use(current);
  }

  save(): void {
    this.node.fields = this.#fields();
    if (this.#body) this.node.body = this.#body.read();
    if (this.#operation?.list) this.#paging.save();
  }

  #use(operation: Operation | undefined): void {
    this.#operation = operation;
    this.#inputs.clear();
    this.#draw();
  }

  /** Remembers what was changed, so that it is there again when the operation is chosen again. */
  #collect(): void {
    for (const [name, { input, first }] of this.#inputs) {
      const field = input.read();
      if (!isSame(field, first)) this.#kept.set(name, field);
    }
    if (this.#body && this.#operation) this.#bodies.set(this.#operation.id, this.#body.read());
  }

  #draw(): void {
    this.#collect();
    this.#inputs.clear();
    this.#body = undefined;
    const operation = this.#operation;
    this.#place.replaceChildren();
    if (!operation) return;
    this.#place.append(this.#about(operation));
    const [page, others] = partition(operation);
    for (const parameter of others) this.#drawParameter(operation, parameter);
    if (operation.list) this.#place.append(...this.#paging.rows());
    if (this.#paging.mode === 'single')
      for (const parameter of page) this.#drawParameter(operation, parameter);
    if (operation.id === 'createPatientOrder') {
      const checked = this.node.patientMustExist === true;
      this.#place.append(checkRow('node-input-patientMustExist', this.node._('patientMustExist'), checked));
    }
    if (operation.body) this.#drawBody(operation, operation.body);
  }

  #about({ id, scopes, scopesKnown, confidence, writes }: Operation): HTMLElement {
    const scope = shared(scopesKnown ? 'editor.scopeKnown' : 'editor.scopeGuess', {
      scopes: scopes.join(' '),
    });
    return note(
      'info',
      el('div', {}, this.node._(`operations.${id}.description`)),
      el(
        'div',
        { class: 'onegevity-small' },
        `${shared(writes ? 'editor.writes' : 'editor.reads')} ${scope} ${shared(`editor.confidence.${confidence}`)}`,
      ),
    );
  }

  #drawParameter(operation: Operation, parameter: OperationParameter): void {
    const { name, required, schema } = parameter;
    const id = `node-input-field-${name}`;
    const text = memberLabel(name);
    const kept = this.#kept.get(name);
    const usable = kept && !(operation.writes && kept.type === 'previous');
    const first = usable ? kept : defaultField(parameter);
    const input = fieldInput({
      id,
      label: text,
      schema,
      field: first,
      place: parameter.source,
      required,
      previous: !operation.writes && parameter.in !== 'query',
      complete: completerOf(name, configId),
    });
    this.#place.append(row(labelFor(id, text, { required, title: name }), input.element));
    input.attach();
    this.#inputs.set(name, { input, first: input.read() });
  }

  #drawBody(operation: Operation, model: NonNullable<Operation['body']>): void {
    const own = this.#operation?.id === this.node.operation || !this.node.operation;
    const body = this.#bodies.get(operation.id) ?? normalisedBody(own ? this.node.body : undefined);
    this.#body = new BodyForm(model, body, configId, pathMembers(operation));
    this.#place.append(this.#body.element);
    this.#body.attach();
  }

  /** Only what differs from the default place is saved, so that opening and closing a dialog changes nothing. */
  #fields(): Fields {
    const fields: Record<string, Field> = {};
    for (const parameter of this.#operation?.parameters ?? []) {
      const field = this.#inputs.get(parameter.name)?.input.read() ?? this.#kept.get(parameter.name);
      if (field && !isSame(field, defaultField(parameter))) fields[parameter.name] = field;
    }
    return fields;
  }
}

/** @returns the parameters that choose a page of a list, which paging fills by itself, and the others */
function partition({ parameters, list }: Operation): [OperationParameter[], OperationParameter[]] {
  const isPage = ({ name }: OperationParameter) => list !== undefined && pageParameters.includes(name);
  return [parameters.filter(isPage), parameters.filter((parameter) => !isPage(parameter))];
}

/** Members of the payload that the path takes: the default body leaves them out. */
function pathMembers({ parameters }: Operation): string[] {
  return parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
}

let dialog: ActionDialog | undefined;

export function prepare(node: EditorNode): void {
  forget(node.id);
  dialog = new ActionDialog(node);
  dialog.open();
}

export function save(): void {
  dialog?.save();
  dialog = undefined;
}
