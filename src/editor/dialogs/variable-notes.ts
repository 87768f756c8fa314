import { el, note } from '../lib/dom';
import { ask, when } from '../lib/runtime';
import { shared } from '../lib/text';

type State = 'missing' | 'empty' | 'set';

/** Points out what a paste often brings along, and says whether a variable that is referred to exists. */
export function watchValue(input: HTMLInputElement, nodeId: string): void {
  const place = el('div', { 'aria-live': 'polite', class: 'onegevity-below' });
  input.closest('.form-row')?.after(place);
  let shown = '';
  const draw = () => {
    const { value } = input;
    if (value === shown) return;
    shown = value;
    const name = /^\$[{(](\S+)[})]$/.exec(value.trim())?.[1];
    place.replaceChildren(
      ...(value !== value.trim() ? [note('warning', shared('config.whitespace'))] : []),
      ...(!name && /\$\{[^}]*\}/.test(value) ? [note('warning', shared('config.partVariable'))] : []),
    );
    if (!name) return;
    when(diagnose(name, nodeId), (text) => {
      if (input.value === value) place.append(text);
    });
  };
  input.addEventListener('input', draw);
  draw();
}

async function diagnose(name: string, id: string): Promise<HTMLElement> {
  const answer = await ask<{ variables: Record<string, State> }>('variables', { id, names: [name] });
  const state = answer.ok ? answer.variables[name] : undefined;
  if (state === 'missing' || state === 'empty')
    return note('warning', shared(`config.variable.${state}`, { name }));
  return note('info', shared(`config.variable.${state ?? 'unknown'}`, { name }));
}
