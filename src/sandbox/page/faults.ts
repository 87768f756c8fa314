/** The faults that are set, and the form that sets one: built from the sandbox's own table of faults. */
import type { FaultChoices } from '../control/state';
import type { FaultKind, FaultMember, ActiveFault } from '../faults/kinds';
import { button, h } from './dom';
import type { Act } from './orders';
import { texts } from './texts';

const HIDDEN = ['id', 'fault', 'applied', 'times'];

export const faultRow =
  (act: Act) =>
  (fault: ActiveFault): HTMLElement => {
    const members = Object.entries(fault)
      .filter(([name, value]) => !HIDDEN.includes(name) && value !== '')
      .map(([name, value]) => `${name} ${String(value)}`);
    const left = fault.times === undefined ? [] : [texts.left(fault.times)];
    return h(
      'div',
      { class: 'row', 'data-fault': fault.fault },
      h('span', { class: 'badge warn' }, fault.fault),
      h('small', { class: 'grow' }, [...members, ...left, texts.applied(fault.applied)].join(', ')),
      button(texts.removeFault, () => act('DELETE', `faults/${fault.id}`), { kind: 'quiet' }),
    );
  };

export function faultForm(act: Act, { kinds, operations, topics }: FaultChoices): HTMLElement {
  const choice = h('select', { name: 'fault' }, ...groups(kinds));
  const about = h('p', { class: 'about' });
  const members = h('div', { class: 'members' });
  const kind = (): FaultKind | undefined => kinds.find(({ name }) => name === choice.value);
  const show = (): void => {
    const chosen = kind();
    if (!chosen) return;
    about.textContent = chosen.about;
    members.replaceChildren(
      ...chosen.members.map(memberField),
      ...(chosen.area === 'token' ? [] : [target(chosen, operations, topics)]),
      field(texts.times, 'times', { type: 'number', min: '1', value: '1', placeholder: texts.timesHint }),
      field(texts.share, 'share', {
        type: 'number',
        min: '0',
        max: '1',
        step: 'any',
        placeholder: texts.shareHint,
      }),
      field(texts.skip, 'skip', { type: 'number', min: '0', placeholder: '0' }),
    );
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    act('POST', 'faults', read(members, choice.value));
  };
  choice.addEventListener('change', show);
  show();
  return h(
    'form',
    { class: 'form', submit },
    h('label', { class: 'wide' }, texts.fault, choice),
    about,
    members,
    h('button', { type: 'submit', class: 'primary' }, texts.setFault),
  );
}

const groups = (kinds: readonly FaultKind[]): HTMLElement[] =>
  (['api', 'token', 'webhook'] as const).map((area) =>
    h(
      'optgroup',
      { label: texts.areas[area] },
      ...kinds.filter((kind) => kind.area === area).map(({ name }) => h('option', { value: name }, name)),
    ),
  );

function target({ area }: FaultKind, operations: readonly string[], topics: readonly string[]): HTMLElement {
  const [label, name, every, choices] =
    area === 'webhook'
      ? ([texts.topic, 'topic', texts.everyTopic, topics] as const)
      : ([texts.operation, 'operation', texts.everyCall, operations] as const);
  const options = choices.map((value) => h('option', { value }, value));
  return h('label', {}, label, h('select', { name }, h('option', { value: '' }, every), ...options));
}

function memberField({ name, type, about, default: value, min, max }: FaultMember): HTMLElement {
  const label = `${name} (${about})`;
  const initial = value === undefined ? {} : { value: String(value) };
  if (type === 'text') return field(label, name, { type: 'text', ...initial });
  return field(label, name, {
    type: 'number',
    step: 'any',
    ...initial,
    ...(min !== undefined && { min: String(min) }),
    ...(max !== undefined && { max: String(max) }),
  });
}

const field = (label: string, name: string, attributes: Record<string, string>): HTMLElement =>
  h('label', {}, label, h('input', { name, ...attributes }));

/** What is left empty is not said: the sandbox has defaults. */
function read(members: HTMLElement, fault: string): object {
  const fields = [...members.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')];
  const entries = fields
    .filter(({ value }) => value !== '')
    .map(({ name, value, type }) => [name, type === 'number' ? Number(value) : value]);
  return { fault, ...(Object.fromEntries(entries) as object) };
}
