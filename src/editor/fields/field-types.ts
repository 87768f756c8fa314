import type { ValueSchema } from '../../lib/api/operation';
import type { Completer } from './suggestions';
import { entriesOf, type InputKind } from './field-model';
import type { Completion, TypedInputType, TypedInputWidget } from '../lib/red';
import { when } from '../lib/runtime';
import { shared } from '../lib/text';

export interface TypeOptions {
  schema: ValueSchema;
  required: boolean;
  /** Offers the value that the previous step used. */
  previous?: boolean | undefined;
  complete?: Completer | undefined;
}

/** @returns the types that a typed input offers: the fitting fixed value first, then the places it may come from */
export function typesOf(options: TypeOptions, current: string): (string | TypedInputType)[] {
  const entries = entriesOf(options.schema);
  const fixed = entries.map((entry) => fixedType(entry, options));
  // A saved value that is none of the choices stays visible: the vendor may have added it.
  const others = (['str', 'json'] as const)
    .filter((entry) => entry === current && !entries.includes(entry))
    .map((entry) => fixedType(entry, options));
  const previous = options.previous ? [previousType()] : [];
  return [...fixed, ...others, ...previous, 'msg', 'flow', 'global', 'env', 'jsonata'];
}

function previousType(): TypedInputType {
  return {
    value: 'previous',
    label: shared('editor.previousStep'),
    icon: 'fa fa-step-backward',
    hasValue: false,
  };
}

function fixedType(entry: InputKind, { schema, required, complete }: TypeOptions): TypedInputType {
  const none = { value: '', label: shared('editor.notSet') };
  const present = (value: string) => !required || value !== '' || shared('editor.required');
  switch (entry) {
    case 'choice':
      return {
        value: 'choice',
        label: shared('editor.choice'),
        icon: 'fa fa-list-ul',
        options: [none, ...asOptions(schema.enum)],
        validate: present,
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
        validate: present,
      };
    case 'date':
      return {
        value: 'date',
        label: shared('editor.date'),
        icon: 'fa fa-calendar',
        inputType: 'date',
        validate: present,
      };
    case 'num':
      return {
        value: 'num',
        label: shared('editor.number'),
        icon: 'red/images/typedInput/09.svg',
        validate: (value) => (value === '' ? present(value) : RED.utils.validateTypedProperty(value, 'num')),
      };
    case 'json':
      return jsonType(present);
    case 'str':
      return {
        value: 'str',
        label: shared('editor.text'),
        icon: 'red/images/typedInput/az.svg',
        validate: present,
        ...(complete && offering(complete)),
      };
  }
}

function asOptions(values: readonly string[] = []): { value: string; label: string }[] {
  return values.map((value) => ({ value, label: value }));
}

/** What the account has is offered while typing, and all of it by the button at the end. */
function offering(complete: Completer): Pick<TypedInputType, 'autoComplete' | 'expand'> {
  let all = false;
  const search = (typed: string, done: (found: Completion[]) => void) => {
    when(complete.find(all ? '' : typed), done);
    all = false;
  };
  const showAll = function (this: TypedInputWidget) {
    all = true;
    this.input.trigger('focus');
    this.input.trigger('keyup');
  };
  return { autoComplete: search, expand: Object.assign(showAll, { icon: 'fa-list' }) };
}

/** Like the editor's own JSON type, but an empty value is allowed: it means that nothing is given. */
function jsonType(present: (value: string) => true | string): TypedInputType {
  return {
    value: 'json',
    label: 'JSON',
    icon: 'red/images/typedInput/json.svg',
    validate: (value) => (value === '' ? present(value) : RED.utils.validateTypedProperty(value, 'json')),
    expand(this: TypedInputWidget) {
      RED.editor.editJSON({
        value: reformatted(this.value(), 2),
        focus: true,
        complete: (text) => void this.value(reformatted(text)),
      });
    },
  };
}

function reformatted(text: string, space?: number): string {
  try {
    return JSON.stringify(JSON.parse(text), null, space);
  } catch {
    return text;
  }
}
