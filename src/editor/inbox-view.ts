import { button, byId, el, note } from './dom';
import type { EditorNode } from './red';
import { ask, faultText, when } from './runtime';

/** As the runtime answers, see src/nodes/shared/inbox-view.ts. Times are milliseconds since 1970. */
interface Letter {
  id: string;
  topic?: string;
  receivedAt: number;
  attempts: number;
  cause: string;
  reason?: string;
}

interface View {
  stats: { waiting: number; inFlight: number; dead: number; setAside: number; oldest?: number };
  deadLetters: Letter[];
  more: boolean;
}

const counts = ['waiting', 'inFlight', 'dead', 'setAside'] as const;

/** The part of the webhook dialog that shows what is in the node's inbox, and what to do with dead letters. */
export function inboxView(node: EditorNode): void {
  const content = el('div', { id: 'onegevity-inbox-content', 'aria-live': 'polite' });
  const refresh = button(node._('inbox.view.refresh'), 'fa-refresh', () => show(node, content));
  refresh.id = 'onegevity-inbox-refresh';
  byId<HTMLElement>('onegevity-inbox-view').append(refresh, content);
  // Asked only when somebody looks.
  content.closest('details')?.addEventListener('toggle', () => show(node, content));
}

function show(node: EditorNode, place: HTMLElement): void {
  when(ask<View>(`inbox/${encodeURIComponent(node.id)}`), (answer) => {
    if (answer.ok) return place.replaceChildren(...drawn(node, answer, place));
    const absent = answer.code === 'no_inbox';
    const text = absent ? node._('inbox.view.absent') : faultText(answer);
    place.replaceChildren(note(absent ? 'info' : 'danger', text));
  });
}

function drawn(node: EditorNode, { stats, deadLetters, more }: View, place: HTMLElement): HTMLElement[] {
  const numbers = counts.map((name) =>
    el('div', {}, el('dt', {}, node._(`inbox.view.${name}`)), el('dd', {}, String(stats[name]))),
  );
  const oldest =
    stats.oldest === undefined
      ? []
      : [el('div', {}, el('dt', {}, node._('inbox.view.oldest')), el('dd', {}, moment(stats.oldest)))];
  const letters = el('ul', { class: 'onegevity-letters' });
  addPage(node, letters, { deadLetters, more }, place);
  return [el('dl', { class: 'onegevity-counts' }, ...numbers, ...oldest), letters];
}

/** @param place shown anew after something was done to a letter */
function addPage(
  node: EditorNode,
  list: HTMLElement,
  { deadLetters, more }: Pick<View, 'deadLetters' | 'more'>,
  place: HTMLElement,
): void {
  list.append(...deadLetters.map((letter) => row(node, letter, place)));
  const last = deadLetters.at(-1);
  if (!more || !last) return;
  const next = button(node._('inbox.view.more'), 'fa-chevron-down', () => {
    const path = `inbox/${encodeURIComponent(node.id)}?after=${encodeURIComponent(last.id)}`;
    when(ask<View>(path), (answer) => {
      if (!answer.ok) return show(node, place);
      item.remove();
      addPage(node, list, answer, place);
    });
  });
  const item = el('li', {}, next);
  list.append(item);
}

function row(node: EditorNode, letter: Letter, place: HTMLElement): HTMLElement {
  const { id, topic = '?', receivedAt, attempts, cause, reason } = letter;
  const why = node._(`inbox.causes.${cause}`, { attempts }) + (reason ? ` (${reason})` : '');
  const act = (action: 'replay' | 'discard') => {
    const path = `inbox/${encodeURIComponent(node.id)}/${encodeURIComponent(id)}/${action}`;
    when(ask(path, {}), (answer) => {
      if (answer.ok) show(node, place);
      else place.prepend(note('danger', faultText(answer)));
    });
  };
  const replay = button(node._('inbox.view.replay'), 'fa-repeat', () => act('replay'));
  const discard = button(node._('inbox.view.discard'), 'fa-trash', () => {
    // Nothing brings it back, so it takes a second press.
    discard.replaceWith(sure);
    sure.focus();
  });
  const sure = button(node._('inbox.view.sure'), 'fa-trash', () => act('discard'));
  for (const each of [replay, discard, sure])
    each.setAttribute('aria-label', `${each.textContent?.trim()}: ${topic}, ${moment(receivedAt)}`);
  return el(
    'li',
    {},
    el(
      'span',
      {},
      el('code', {}, topic),
      ` ${moment(receivedAt)} `,
      el('span', { class: 'onegevity-small' }, why),
    ),
    replay,
    discard,
  );
}

function moment(time: number): string {
  return new Date(time).toLocaleString(RED.i18n.lang(), { dateStyle: 'medium', timeStyle: 'short' });
}
