import { byId, el, labelFor, note, row } from '../lib/dom';
import { environmentOf } from '../lib/environment';
import type { EditorNode } from '../lib/red';
import { rootOf } from '../lib/roots';
import { asText, shared } from '../lib/text';

/** The part of a dialog that all nodes which call the API have: the environment, and where the result goes. */
export function environmentNote(onChange: () => void): HTMLElement {
  const place = el('div', { 'aria-live': 'polite' });
  const select = byId<HTMLSelectElement>('node-input-config');
  const draw = () => {
    const config = RED.nodes.node(select.value);
    place.replaceChildren(...(config ? [environmentLine(config)] : []));
    onChange();
  };
  select.addEventListener('change', draw);
  // The editor changes the select through jQuery, whose events plain listeners do not hear.
  $(select).on('change', draw);
  draw();
  return place;
}

function environmentLine(config: EditorNode): HTMLElement {
  const environment = environmentOf(config) ?? 'sandbox';
  const root = rootOf(environment, config.baseUrl);
  const text = shared(`editor.environmentIs.${environment}`, { root });
  return note(environment === 'production' ? 'danger' : 'info', text);
}

export function configId(): string {
  const { value } = byId<HTMLSelectElement>('node-input-config');
  return value === '_ADD_' ? '' : value;
}

/** The row that says which property of the message takes the result. */
export function outputRow(node: EditorNode): { element: HTMLElement; attach(): void } {
  const id = 'node-input-output';
  const label = shared('editor.output');
  const input = el('input', { type: 'text', id });
  return {
    element: row(labelFor(id, label, { iconName: 'fa-sign-out' }), input),
    attach: () => {
      input.value = asText(node.output, 'payload');
      $(input).typedInput({ default: 'msg', types: ['msg'] });
      input.parentElement?.querySelector('.red-ui-typedInput-input')?.setAttribute('aria-label', label);
    },
  };
}
