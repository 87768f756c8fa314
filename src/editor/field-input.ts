import type { ValueSchema } from '../lib/api/operation';
import type { Completer } from './account-help';
import { el } from './dom';
import { entriesOf, type Entry, type Field, saved, shown } from './field-model';
import type { Completion, TypedInputElement, TypedInputType } from './red';
import { when } from './runtime';
import { shared } from './text';

export interface FieldOptions {
  id: string;
  /** What the control is called; read aloud with it. */
  label: string;
  schema: ValueSchema;
  field: Field;
  required: boolean;
  /** Offers the value that the previous step used. */
  previous?: boolean;
  /** Finds values to offer; any other may be typed. */
  complete?: Completer | undefined;
  onChange?: (field: Field) => void;
}

/** A typed input over one value. */
export interface FieldInput {
  element: HTMLElement;
  /** To be called once the element is in the dialog, which the widget needs. */
  attach(): void;
  read(): Field;
}

export function fieldInput(options: FieldOptions): FieldInput {
  const input = el('input', { type: 'text', id: options.id, class: 'onegevity-typed' });
  const help = el('div', { 'aria-live': 'polite' });
  const element = el('div', { class: 'onegevity-control' }, input, help);
  if (options.complete) options.complete.onFault = (fault) => help.replaceChildren(...(fault ? [fault] : []));
  let widget: TypedInputElement | undefined;
  const read = (): Field => {
    if (!widget) return options.field;
    return saved(widget.typedInput('type'), widget.typedInput('value'));
  };
  return {
    element,
    read,
    attach: () => {
      const { entry, value } = shown(options.schema, options.field);
      input.value = value;
      widget = $(input).typedInput({ default: entry, types: typesOf(options, entry) });
      widget.typedInput('type', entry);
      widget.typedInput('value', value);
      nameParts(element, options);
      if (options.complete) openOnFocus(element, () => widget?.typedInput('type') === 'str');
      widget.on('change', () => options.onChange?.(read()));
    },
  };
}

/** The visible parts of a typed input have no label of their own: they get the row's name. */
function nameParts(element: HTMLElement, { label, required }: FieldOptions): void {
  const inner = element.querySelector('.red-ui-typedInput-input');
  inner?.setAttribute('aria-label', label);
  if (required) inner?.setAttribute('aria-required', 'true');
  const typeName = shared('editor.typeOf', { name: label });
  element.querySelector('.red-ui-typedInput-type-select')?.setAttribute('aria-label', typeName);
  element.querySelector('.red-ui-typedInput-option-trigger')?.setAttribute('aria-label', label);
  element
    .querySelector('.red-ui-typedInput-option-expand')
    ?.setAttribute('aria-label', shared('editor.expandOf', { name: label }));
}

function typesOf({ schema, previous, complete }: FieldOptions, current: string): (string | TypedInputType)[] {
  const fixed = entriesOf(schema).map((entry) => fixedType(entry, schema, complete));
  // A text that is none of the choices, for what the vendor may add.
  const others: (string | TypedInputType)[] = entriesOf(schema).includes('str')
    ? []
    : current === 'str'
      ? ['str']
      : [];
  const places: (string | TypedInputType)[] = ['msg', 'flow', 'global', 'env', 'jsonata'];
  if (current === 'json' && !entriesOf(schema).includes('json')) others.push('json');
  return [...fixed, ...others, ...(previous ? [previousType()] : []), ...places];
}

function previousType(): TypedInputType {
  return {
    value: 'previous',
    label: shared('editor.previousStep'),
    icon: 'fa fa-step-backward',
    hasValue: false,
  };
}

function fixedType(
  entry: Entry,
  schema: ValueSchema,
  complete: FieldOptions['complete'],
): string | TypedInputType {
  const none = { value: '', label: shared('editor.notSet') };
  switch (entry) {
    case 'choice':
      return {
        value: 'choice',
        label: shared('editor.choice'),
        icon: 'fa fa-list-ul',
        options: [none, ...asOptions(schema.enum)],
      };
    case 'list':
      return {
        value: 'list',
        label: shared('editor.choice'),
        icon: 'fa fa-list-ul',
        multiple: true,
        options: asOptions(schema.items?.enum),
      };
    case 'bool':
      return {
        value: 'bool',
        label: shared('editor.yesNo'),
        icon: 'fa fa-toggle-on',
        options: [
          none,
          { value: 'true', label: shared('editor.yes') },
          { value: 'false', label: shared('editor.no') },
        ],
      };
    case 'date':
      return { value: 'date', label: shared('editor.date'), icon: 'fa fa-calendar', inputType: 'date' };
    case 'num':
      return {
        value: 'num',
        label: shared('editor.number'),
        icon: 'red/images/typedInput/09.svg',
        validate: (value) => value === '' || RED.utils.validateTypedProperty(value, 'num'),
      };
    case 'json':
      return jsonType();
    case 'str':
      return {
        value: 'str',
        label: shared('editor.text'),
        icon: 'red/images/typedInput/az.svg',
        ...(complete && {
          autoComplete: (typed: string, done: (found: Completion[]) => void) =>
            when(complete.find(typed), done),
        }),
      };
  }
}

function asOptions(values: readonly string[] = []): { value: string; label: string }[] {
  return values.map((value) => ({ value, label: value }));
}

/** Like the editor's own JSON type, but an empty value is allowed: it means that nothing is given. */
function jsonType(): TypedInputType {
  return {
    value: 'json',
    label: 'JSON',
    icon: 'red/images/typedInput/json.svg',
    validate: (value) => value === '' || RED.utils.validateTypedProperty(value, 'json'),
    expand(this: { value(text?: string): string }) {
      RED.editor.editJSON({
        value: pretty(this.value()),
        focus: true,
        complete: (text) => void this.value(compact(text)),
      });
    },
  };
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

/** Shows what there is to choose from as soon as an empty field is entered, not only at the first key. */
function openOnFocus(element: HTMLElement, isOffered: () => boolean): void {
  const inner = element.querySelector<HTMLInputElement>('.red-ui-typedInput-input');
  inner?.addEventListener('focus', (event) => {
    // The menu gives the focus back when it closes.
    const fromMenu = (event.relatedTarget as Element | null)?.closest('.red-ui-popover, .red-ui-menu');
    if (isOffered() && inner.value === '' && !fromMenu) $(inner).trigger('keyup');
  });
}
