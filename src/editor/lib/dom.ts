import type { EditorNode } from './red';

type Attributes = Readonly<Record<string, string | boolean | undefined>>;

/** Creates an element; texts become text nodes, so nothing that is shown can be markup. */
export function el<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: (Node | string | undefined)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export function icon(name: string): HTMLElement {
  return el('i', { class: `fa ${name}`, 'aria-hidden': 'true' });
}

/** One row of a dialog: a label that belongs to a control, and the control. */
export function row(label: HTMLElement | undefined, ...controls: (Node | string | undefined)[]): HTMLElement {
  return el('div', { class: 'form-row' }, label, ...controls);
}

export function labelFor(
  id: string,
  text: string,
  { iconName, required, title }: { iconName?: string; required?: boolean; title?: string } = {},
): HTMLElement {
  return el(
    'label',
    { for: id, title, class: required ? 'onegevity-required' : undefined },
    iconName ? icon(iconName) : undefined,
    iconName ? ' ' : undefined,
    text,
  );
}

/** A check box with its label behind it, in the column of the controls. */
export function checkRow(id: string, text: string, checked: boolean): HTMLElement {
  const box = el('input', { type: 'checkbox', id, class: 'onegevity-check' });
  box.checked = checked;
  return el('div', { class: 'form-row onegevity-check-row' }, box, el('label', { for: id }, text));
}

export type NoteKind = 'info' | 'warning' | 'danger' | 'success';

export function note(kind: NoteKind, ...content: (Node | string)[]): HTMLElement {
  return el(
    'div',
    { class: `onegevity-note onegevity-${kind}`, role: kind === 'info' ? undefined : 'status' },
    ...content,
  );
}

export function select(
  id: string,
  options: readonly { value: string; label: string }[],
  value: string,
): HTMLSelectElement {
  const element = el('select', { id });
  for (const option of options) element.append(el('option', { value: option.value }, option.label));
  element.value = value;
  return element;
}

export function button(text: string, iconName: string, onClick: () => void): HTMLButtonElement {
  const element = el('button', { type: 'button', class: 'red-ui-button' }, icon(iconName), ' ', text);
  element.addEventListener('click', onClick);
  return element;
}

/** @returns the element of a dialog template; it is there whenever a dialog is open */
export function byId<T extends HTMLElement = HTMLInputElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`#${id} is missing in the dialog`);
  return element as T;
}

/**
 * A flow may leave properties out, which means their defaults: the dialog shows those.
 * @param prefix of the dialog's element ids
 */
export function showDefaults(node: EditorNode, prefix: string): void {
  for (const [name, { value }] of Object.entries(node._def.defaults)) {
    const input = document.getElementById(prefix + name) as HTMLInputElement | null;
    if (node[name] !== undefined || !input) continue;
    if (input.type === 'checkbox') input.checked = value === true;
    else if (typeof value === 'number' || (typeof value === 'string' && value !== '')) {
      input.value = String(value);
    }
  }
}
