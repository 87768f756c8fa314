import { button, byId, el, note } from '../lib/dom';
import type { EditorNode } from '../lib/red';
import { ask, faultText, when } from '../lib/runtime';

/** As the runtime answers, see src/nodes/admin/inbox-view.ts. Times are milliseconds since 1970. */
interface Letter {
  id: string;
  topic?: string;
  receivedAt: number;
  attempts: number;
  cause: string;
  reason?: string;
}

interface View {
  stats: { waiting: number; inFlight: number; dead: number; unreadable: number; oldest?: number };
  deadLetters: Letter[];
  more: boolean;
}

/** A node that runs, and the editor's ids of its tab and of the subflow instances around it. */
interface Owner {
  node: string;
  place: string[];
}

const counts = ['waiting', 'inFlight', 'dead', 'unreadable'] as const;

/** The part of the webhook dialog that shows what is in the node's inbox, and what to do with dead letters. */
export function inboxView(node: EditorNode): void {
  const content = el('div', { id: 'onegevity-inbox-content', 'aria-live': 'polite' });
  const refresh = button(node._('inbox.view.refresh'), 'fa-refresh', () => show(node, content));
  refresh.id = 'onegevity-inbox-refresh';
  byId<HTMLElement>('onegevity-inbox-view').append(refresh, content);
  // Asked only when somebody looks.
  content.closest('details')?.addEventListener('toggle', () => show(node, content));
}

/** Shows the inbox of each running node that this one stands for: in a subflow, one for each instance. */
function show(node: EditorNode, content: HTMLElement): void {
  when(ask<{ owners: Owner[] }>(`inboxes/${encodeURIComponent(node.id)}`), (answer) => {
    if (!answer.ok) return content.replaceChildren(note('danger', faultText(answer)));
    if (answer.owners.length === 0) return content.replaceChildren(note('info', node._('inbox.view.absent')));
    const sections = answer.owners.map(({ node: id, place }) => {
      const inbox: Inbox = { node, id, place: el('div') };
      showOne(inbox);
      const [, ...instances] = place;
      const heading =
        instances.length > 0 ? el('h5', { class: 'onegevity-instance' }, nameOf(place)) : undefined;
      return el('section', {}, heading, inbox.place);
    });
    content.replaceChildren(...sections);
  });
}

/** The names of a tab and of the subflow instances below it, as the editor shows them. */
function nameOf([tab = '', ...instances]: string[]): string {
  const names = instances.map((id) => {
    const instance = RED.nodes.node(id);
    const subflow = RED.nodes.subflow(instance?.type.replace(/^subflow:/, '') ?? '');
    return instance?.name || subflow?.name || id;
  });
  return [RED.nodes.workspace(tab)?.label || tab, ...names].join(' › ');
}

/** The inbox of one running node. */
interface Inbox {
  /** Of the dialog. */
  node: EditorNode;
  id: string;
  place: HTMLElement;
}

function showOne(inbox: Inbox): void {
  const { node, id, place } = inbox;
  when(ask<View>(`inbox/${encodeURIComponent(id)}`), (answer) => {
    if (answer.ok) return place.replaceChildren(...drawn(inbox, answer));
    const absent = answer.code === 'no_inbox';
    const text = absent ? node._('inbox.view.absent') : faultText(answer);
    place.replaceChildren(note(absent ? 'info' : 'danger', text));
  });
}

function drawn(inbox: Inbox, { stats, deadLetters, more }: View): HTMLElement[] {
  const { node } = inbox;
  const numbers = counts.map((name) =>
    el('div', {}, el('dt', {}, node._(`inbox.view.${name}`)), el('dd', {}, String(stats[name]))),
  );
  const oldest =
    stats.oldest === undefined
      ? []
      : [el('div', {}, el('dt', {}, node._('inbox.view.oldest')), el('dd', {}, moment(stats.oldest)))];
  const letters = el('ul', { class: 'onegevity-letters' });
  addPage(inbox, letters, { deadLetters, more });
  return [el('dl', { class: 'onegevity-counts' }, ...numbers, ...oldest), letters];
}

function addPage(
  inbox: Inbox,
  list: HTMLElement,
  { deadLetters, more }: Pick<View, 'deadLetters' | 'more'>,
): void {
  const { node, id } = inbox;
  list.append(...deadLetters.map((letter) => row(inbox, letter)));
  const last = deadLetters.at(-1);
  if (!more || !last) return;
  const next = button(node._('inbox.view.more'), 'fa-chevron-down', () => {
    const path = `inbox/${encodeURIComponent(id)}?after=${encodeURIComponent(last.id)}`;
    when(ask<View>(path), (answer) => {
      if (!answer.ok) return showOne(inbox);
      item.remove();
      addPage(inbox, list, answer);
    });
  });
  const item = el('li', {}, next);
  list.append(item);
}

/** A dead letter; the inbox is shown anew after something was done to it. */
function row(inbox: Inbox, letter: Letter): HTMLElement {
  const { node, place } = inbox;
  const { id, topic = '?', receivedAt, attempts, cause, reason } = letter;
  const why = node._(`inbox.causes.${cause}`, { attempts }) + (reason ? ` (${reason})` : '');
  const act = (action: 'replay' | 'discard') => {
    const path = `inbox/${encodeURIComponent(inbox.id)}/${encodeURIComponent(id)}/${action}`;
    when(ask(path, {}), (answer) => {
      if (answer.ok) showOne(inbox);
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
