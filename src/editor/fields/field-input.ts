import { el } from '../lib/dom';
import { type Field, encode, decode } from './field-model';
import { type TypeOptions, typesOf } from './field-types';
import type { TypedInputElement } from '../lib/red';
import { shared } from '../lib/text';

export interface FieldOptions extends TypeOptions {
  id: string;
  /** What the control is called; read aloud with it. */
  label: string;
  field: Field;
  /** The place under `msg` to suggest where a message is chosen as the source. */
  place?: string | undefined;
  onChange?: (field: Field) => void;
}

/** A typed input over one value. */
export interface FieldInput {
  element: HTMLElement;
  /** To be called once the element is in the dialog, which the widget needs. */
  attach(): void;
  read(): Field;
}

const places = ['msg', 'flow', 'global', 'env'];

export function fieldInput(options: FieldOptions): FieldInput {
  const input = el('input', { type: 'text', id: options.id });
  const help = el('div', { 'aria-live': 'polite' });
  const element = el('div', {}, input, help);
  const { complete } = options;
  if (complete) complete.onFault = (fault) => help.replaceChildren(...(fault ? [fault] : []));
  let widget: TypedInputElement | undefined;
  const read = (): Field => {
    if (!widget) return options.field;
    return encode(widget.typedInput('type'), widget.typedInput('value'));
  };
  const attach = () => {
    const { entry, value } = decode(options.schema, options.field);
    input.value = value;
    const typed = $(input).typedInput({ default: entry, types: typesOf(options, entry) });
    typed.typedInput('type', entry);
    typed.typedInput('value', value);
    widget = typed;
    nameParts(element, options);
    let type = entry;
    typed.on('change', () => {
      const chosen = typed.typedInput('type');
      if (chosen !== type) {
        const former = type;
        type = chosen;
        adaptValue(typed, former, options.place);
      }
      options.onChange?.(read());
    });
  };
  return { element, read, attach };
}

/** A place is no fixed value and the reverse: what the widget carries over would be sent as it stands. */
function adaptValue(typed: TypedInputElement, former: string, place: string | undefined): void {
  const type = typed.typedInput('type');
  const value = typed.typedInput('value');
  if (places.includes(former) && !places.includes(type) && type !== 'jsonata' && value !== '') {
    if (value === place) typed.typedInput('value', '');
  } else if (type === 'msg' && value === '' && place) typed.typedInput('value', place);
}

/** The visible parts of a typed input have no label of their own: they get the row's name. */
function nameParts(element: HTMLElement, { label, required }: FieldOptions): void {
  const name = (part: string, text: string) =>
    element.querySelector(`.red-ui-typedInput-${part}`)?.setAttribute('aria-label', text);
  name('input', label);
  name('option-trigger', label);
  name('type-select', shared('editor.typeOf', { name: label }));
  name('option-expand', shared('editor.expandOf', { name: label }));
  if (required) element.querySelector('.red-ui-typedInput-input')?.setAttribute('aria-required', 'true');
}
