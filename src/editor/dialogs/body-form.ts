import type { BodyMember, OperationBody } from '../../lib/api/operation';
import { bodyForms } from '../../generated/body-forms';
import { completerOf } from '../fields/suggestions';
import { el, labelFor, note, row, select } from '../lib/dom';
import { fieldInput, type FieldInput } from '../fields/field-input';
import { emptyField, type Field, type Fields, isMissing, normalised } from '../fields/field-model';
import { shared } from '../lib/text';
import { memberLabel } from '../lib/names';

export interface SavedBody {
  mode: 'typed' | 'form';
  type: string;
  value: string;
  fields: Fields;
}

export const defaultBody: SavedBody = { mode: 'typed', type: 'msg', value: 'payload', fields: {} };

/** A body of a flow written by hand may lack members. */
export function normalisedBody(body: unknown): SavedBody {
  const { mode, type, value, fields } = (body ?? {}) as Partial<SavedBody>;
  const typed = normalised({ type: type ?? defaultBody.type, value: value ?? defaultBody.value })!;
  const entries = Object.entries(fields ?? {}).flatMap(([path, field]) => {
    const known = normalised(field);
    return known ? [[path, known] as const] : [];
  });
  return { mode: mode === 'form' ? 'form' : 'typed', ...typed, fields: Object.fromEntries(entries) };
}

/** The body of one operation: a typed input for the whole, or a form with its members. */
export class BodyForm {
  readonly element = el('div');
  readonly #members: readonly BodyMember[] | undefined;
  readonly #inputs = new Map<string, FieldInput>();
  /** What was entered, also for members and the mode that are not shown at the moment. */
  readonly #kept: Map<string, Field>;
  #typed: Field;
  #typedInput: FieldInput | undefined;
  #mode: SavedBody['mode'];

  constructor(
    private readonly model: OperationBody,
    body: SavedBody,
    private readonly configId: () => string,
    private readonly pathNames: readonly string[],
  ) {
    this.#members = bodyForms[model.schema];
    this.#kept = new Map(Object.entries(body.fields));
    this.#typed = { type: body.type, value: body.value };
    this.#mode = body.mode;
  }

  attach(): void {
    this.#draw();
  }

  read(): SavedBody {
    this.#collect();
    const paths = this.#members ? pathsOf(this.#members) : [];
    const fields = [...this.#kept].filter(([path, field]) => paths.includes(path) && !isMissing(field));
    return { mode: this.#mode, ...this.#typed, fields: Object.fromEntries(fields) };
  }

  #collect(): void {
    for (const [path, input] of this.#inputs) this.#kept.set(path, input.read());
    if (this.#typedInput) this.#typed = this.#typedInput.read();
  }

  #draw(): void {
    this.#collect();
    this.#inputs.clear();
    this.#typedInput = undefined;
    this.element.replaceChildren(el('h4', { class: 'onegevity-heading' }, shared('editor.body')));
    // Even without a known shape a saved form is shown, since it is what the flow sends.
    if (this.#members) this.element.append(this.#modeRow());
    if (this.#mode === 'form' && this.#members) this.#drawForm(this.#members);
    else this.#drawTyped();
  }

  #modeRow(): HTMLElement {
    const choice = select(
      'node-input-bodyMode',
      [
        { value: 'typed', label: shared('editor.bodyTyped') },
        { value: 'form', label: shared('editor.bodyForm') },
      ],
      this.#mode,
    );
    choice.addEventListener('change', () => {
      this.#collect();
      this.#mode = choice.value as SavedBody['mode'];
      this.#draw();
      document.getElementById('node-input-bodyMode')?.focus();
    });
    return row(labelFor('node-input-bodyMode', shared('editor.bodyMode')), choice);
  }

  #drawTyped(): void {
    const id = 'node-input-bodyValue';
    const label = shared('editor.bodyValue');
    const input = fieldInput({
      id,
      label,
      schema: { type: 'object' },
      field: this.#typed,
      required: this.model.required,
      onChange: () => hint.replaceChildren(...this.#typedHint(input.read())),
    });
    const hint = el('div');
    this.element.append(row(labelFor(id, label, { required: this.model.required }), input.element), hint);
    input.attach();
    this.#typedInput = input;
    hint.replaceChildren(...this.#typedHint(this.#typed));
  }

  /** Says which members are expected, and which of the payload's are not sent. */
  #typedHint({ type, value }: Field): HTMLElement[] {
    const members = this.#members?.map(({ name, required }) => (required ? `${name}*` : name)).join(', ');
    const notes = members ? [note('info', shared('editor.bodyMembers', { members }))] : [];
    if (type === 'msg' && value === 'payload' && this.pathNames.length > 0) {
      notes.push(note('info', shared('editor.bodyWithoutPath', { members: this.pathNames.join(', ') })));
    }
    if (!this.#members) notes.push(note('info', shared('editor.bodyUnknown')));
    return notes;
  }

  #drawForm(members: readonly BodyMember[]): void {
    if (!this.model.strict) this.element.append(note('info', shared('editor.bodyPresumed')));
    const place = el('div');
    this.element.append(place);
    this.#drawMembers(place, members, '');
  }

  /** @param optional in a group that may stay empty as a whole, so that nothing in it is missing yet */
  #drawMembers(place: HTMLElement, members: readonly BodyMember[], above: string, optional = false): void {
    for (const member of members) {
      const path = above + member.name;
      if (member.members) {
        const legend = el(
          'legend',
          { class: member.required ? 'onegevity-required' : undefined },
          memberLabel(member.name),
        );
        const group = el('fieldset', { class: 'onegevity-group' }, legend);
        place.append(group);
        this.#drawMembers(group, member.members, `${path}.`, optional || !member.required);
      } else this.#drawMember(place, member, path, optional);
    }
  }

  #drawMember(
    place: HTMLElement,
    { name, required, schema }: BodyMember,
    path: string,
    optional: boolean,
  ): void {
    const id = `node-input-body-${path.replaceAll('.', '-')}`;
    const label = memberLabel(name);
    const input = fieldInput({
      id,
      label,
      schema,
      field: this.#kept.get(path) ?? emptyField(schema),
      place: `payload.${path}`,
      required: required && !optional,
      complete: completerOf(name, this.configId),
    });
    place.append(row(labelFor(id, label, { required, title: path }), input.element));
    input.attach();
    this.#inputs.set(path, input);
  }
}

function pathsOf(members: readonly BodyMember[], above = ''): string[] {
  return members.flatMap(({ name, members: inner }) =>
    inner ? pathsOf(inner, `${above}${name}.`) : [above + name],
  );
}
