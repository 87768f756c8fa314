import { el, icon } from './dom';
import { shared } from './text';

/** A button that puts a text on the clipboard, and says so. */
export function copyButton(text: string, name: string): HTMLButtonElement {
  const label = shared('editor.copy', { name });
  const sign = icon('fa-clipboard');
  const element = el(
    'button',
    { type: 'button', class: 'red-ui-button red-ui-button-small', title: label, 'aria-label': label },
    sign,
  );
  element.addEventListener('click', () => {
    copyText(text);
    sign.className = 'fa fa-check';
    element.setAttribute('aria-label', shared('editor.copied'));
    element.title = shared('editor.copied');
  });
  return element;
}

/** The clipboard API is missing where the editor is not served over https; the old command is not. */
function copyText(text: string): void {
  if (navigator.clipboard) {
    navigator.clipboard.writeText(text).catch(() => copyBySelection(text));
    return;
  }
  copyBySelection(text);
}

function copyBySelection(text: string): void {
  const area = el('textarea', { class: 'onegevity-offscreen', 'aria-hidden': 'true' });
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
}
