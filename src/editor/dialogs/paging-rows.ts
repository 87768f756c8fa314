import { el, labelFor, row, select } from '../lib/dom';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';

const modes = ['single', 'pages', 'items', 'all'] as const;

/** How a list is read: one request, or page after page. */
export class PagingRows {
  mode: string;
  #pageSize: string;
  #maxPages: string;

  constructor(
    private readonly node: EditorNode,
    private readonly onChange: () => void,
  ) {
    this.mode = asText(node.paging, 'single');
    this.#pageSize = asText(node.pageSize);
    this.#maxPages = asText(node.maxPages);
  }

  rows(): HTMLElement[] {
    const options = modes.map((value) => ({ value, label: shared(`editor.paging.${value}`) }));
    const choice = select('node-input-paging', options, this.mode);
    choice.addEventListener('change', () => {
      this.mode = choice.value;
      this.onChange();
      document.getElementById(choice.id)?.focus();
    });
    const rows = [row(labelFor(choice.id, shared('editor.paging.label')), choice)];
    if (this.mode === 'single') return rows;
    const size = { id: 'node-input-pageSize', min: '1', placeholder: '100' };
    // 0: no limit.
    const most = { id: 'node-input-maxPages', min: '0', placeholder: '1000' };
    return [
      ...rows,
      numberRow(size, shared('editor.paging.pageSize'), this.#pageSize, (value) => {
        this.#pageSize = value;
      }),
      numberRow(most, shared('editor.paging.maxPages'), this.#maxPages, (value) => {
        this.#maxPages = value;
      }),
    ];
  }

  save(): void {
    this.node.paging = this.mode;
    this.node.pageSize = this.#pageSize;
    this.node.maxPages = this.#maxPages;
  }
}

function numberRow(
  { id, min, placeholder }: { id: string; min: string; placeholder: string },
  text: string,
  value: string,
  onInput: (value: string) => void,
): HTMLElement {
  const input = el('input', { type: 'number', id, min, step: '1', placeholder, value });
  input.addEventListener('input', () => onInput(input.value));
  return row(labelFor(id, text), input);
}
