/** The little that the page needs to build elements and to change only those that are out of date. */
type Child = Node | string | undefined;
type Attributes = Record<string, string | boolean | ((event: Event) => void) | undefined>;

/** Makes an element. Functions become listeners; false and undefined attributes are left out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (typeof value === 'string') element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

export const button = (
  label: string,
  act: () => void,
  { kind = '', hint }: { kind?: string; hint?: string } = {},
): HTMLButtonElement => h('button', { type: 'button', class: kind, title: hint, click: act }, label);

interface Shown {
  json: string;
  element: HTMLElement;
}

/** A list on the page whose items are drawn anew only when their data have changed. */
export class LiveList<T> {
  private shown = new Map<string, Shown>();

  constructor(
    readonly container: HTMLElement,
    private readonly keyOf: (item: T) => string,
    private readonly draw: (item: T) => HTMLElement,
    private readonly empty: string,
  ) {}

  update(items: readonly T[]): void {
    const former = this.shown;
    this.shown = new Map();
    for (const item of items) {
      const key = this.keyOf(item);
      const json = JSON.stringify(item);
      const known = former.get(key);
      const element = known?.json === json ? known.element : this.redraw(item, known?.element);
      this.shown.set(key, { json, element });
    }
    const wanted: Node[] = [...this.shown.values()].map(({ element }) => element);
    if (wanted.length === 0) wanted.push(h('p', { class: 'empty' }, this.empty));
    // Elements that stay are not touched: moving one would close its menus and take the focus.
    for (const child of [...this.container.childNodes]) if (!wanted.includes(child)) child.remove();
    wanted.forEach((element, index) => {
      const present = this.container.childNodes[index];
      if (present !== element) this.container.insertBefore(element, present ?? null);
    });
  }

  /** What a person has opened stays open, and the focus stays where it was. */
  private redraw(item: T, former: HTMLElement | undefined): HTMLElement {
    const element = this.draw(item);
    if (!former) return element;
    const details = (root: HTMLElement): HTMLDetailsElement[] => [
      ...(root instanceof HTMLDetailsElement ? [root] : []),
      ...root.querySelectorAll('details'),
    ];
    const now = details(element);
    details(former).forEach((old, index) => {
      const fresh = now[index];
      if (fresh && old.open) fresh.open = true;
    });
    const focused = [...former.querySelectorAll('button')].indexOf(
      document.activeElement as HTMLButtonElement,
    );
    if (focused >= 0) queueMicrotask(() => element.querySelectorAll('button')[focused]?.focus());
    return element;
  }
}
