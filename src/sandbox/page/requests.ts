/** The requests that the sandbox has received. Bodies are asked for when somebody looks. */
import type { RequestEntry } from '../http/requests';
import { h } from './dom';
import { ask } from './server';
import { texts } from './texts';
import { time } from './webhooks';

export function requestRow(entry: RequestEntry): HTMLElement {
  const { status, operation, milliseconds } = entry;
  const kind = status === undefined ? '' : status !== null && status < 400 ? 'good' : 'bad';
  const content = h('div', {});
  const look = (): void => {
    if (!details.open || content.childElementCount > 0) return;
    void ask<RequestEntry>('GET', `requests/${entry.id}`).then(
      (whole) => content.replaceChildren(...bodies(whole)),
      () => undefined,
    );
  };
  const details = h(
    'details',
    { class: 'entry', 'data-request': entry.id, toggle: look },
    h(
      'summary',
      {},
      h('time', {}, time(entry.timestamp)),
      h('code', { class: 'grow' }, operation ?? `${entry.method} ${entry.path}`),
      ...(entry.fault === undefined ? [] : [h('span', { class: 'badge warn' }, entry.fault)]),
      ...(status === undefined
        ? []
        : [h('span', { class: `badge ${kind}` }, status === null ? texts.cut : String(status))]),
    ),
    h(
      'p',
      {},
      h('code', {}, `${entry.method} ${entry.path}`),
      milliseconds === undefined ? '' : ` ${texts.milliseconds(milliseconds)}`,
    ),
    content,
  );
  return details;
}

function bodies({ body, answer }: RequestEntry): HTMLElement[] {
  const part = (title: string, text: string | undefined): HTMLElement[] =>
    text === undefined ? [] : [h('p', {}, title), h('pre', {}, pretty(text))];
  return [...part(texts.body, body), ...part(texts.answer, answer)];
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
