/** Webhook endpoints, and what was sent to them. */
import type { Delivery, WebhookEndpoint } from '../webhooks/delivery';
import { button, h } from './dom';
import type { Act } from './orders';
import { texts } from './texts';

export const endpointRow =
  (act: Act) =>
  (endpoint: WebhookEndpoint): HTMLElement =>
    h(
      'div',
      { class: 'row' },
      h('code', { class: 'grow' }, endpoint.url),
      h('small', {}, endpoint.topics?.join(', ') ?? texts.allTopics),
      button(texts.remove, () => act('DELETE', `webhooks/${endpoint.id}`), { kind: 'quiet' }),
    );

/** The form that registers an endpoint. It stands outside of what is drawn anew, so that typing is not lost. */
export function endpointForm(act: Act, topics: readonly string[]): HTMLElement {
  const url = h('input', {
    type: 'url',
    required: true,
    placeholder: 'http://127.0.0.1:1880/…',
    name: 'url',
  });
  const boxes = topics.map((topic) => h('input', { type: 'checkbox', name: 'topic', value: topic }));
  const label = h('summary', {}, `${texts.topics}: ${texts.allTopics}`);
  const chosen = (): string[] => boxes.filter(({ checked }) => checked).map(({ value }) => value);
  const submit = (event: Event): void => {
    event.preventDefault();
    const wanted = chosen();
    act('POST', 'webhooks', { url: url.value, ...(wanted.length > 0 && { topics: wanted }) });
  };
  const change = (): void => {
    label.textContent = `${texts.topics}: ${chosen().join(', ') || texts.allTopics}`;
  };
  return h(
    'form',
    { class: 'form', submit, change },
    h('label', { class: 'wide' }, texts.url, url),
    h(
      'details',
      { class: 'topics' },
      label,
      h('div', { class: 'boxes' }, ...boxes.map((box) => h('label', {}, box, box.value))),
    ),
    h('button', { type: 'submit', class: 'primary' }, texts.register),
  );
}

export const deliveryRow =
  (act: Act) =>
  (delivery: Delivery): HTMLElement => {
    const { id, state, topic, body, attempts } = delivery;
    const last = attempts.at(-1);
    const resend = (label: string, how: string): HTMLElement =>
      button(label, () => act('POST', `deliveries/${id}/resend`, { how }));
    const kinds = { waiting: '', delivered: 'good', failed: 'bad', dropped: 'bad' };
    return h(
      'details',
      { class: 'entry', 'data-delivery': id },
      h(
        'summary',
        {},
        h('time', {}, time(delivery.createdTimestamp)),
        h('code', { class: 'grow' }, topic),
        ...(delivery.repeats === undefined ? [] : [h('small', {}, texts.repeat)]),
        ...(delivery.fault === undefined ? [] : [h('span', { class: 'badge warn' }, delivery.fault)]),
        h(
          'span',
          { class: `badge ${kinds[state]}` },
          [texts.states[state], last?.status ?? last?.error].filter(Boolean).join(' '),
        ),
      ),
      h('p', {}, h('code', {}, delivery.url)),
      h('p', {}, `${texts.signature}: `, h('code', {}, delivery.signature)),
      h('p', {}, texts.bytes(new TextEncoder().encode(body).length)),
      h('pre', {}, body),
      ...(attempts.length > 0
        ? [
            h('p', {}, texts.attempts),
            h(
              'ul',
              {},
              ...attempts.map(({ timestamp, status, error }) =>
                h('li', {}, `${time(timestamp)}: ${status ?? error ?? ''}`),
              ),
            ),
          ]
        : []),
      h(
        'div',
        { class: 'actions' },
        resend(texts.resend, 'same'),
        resend(texts.twice, 'twice'),
        resend(texts.wrongSignature, 'wrong-signature'),
        resend(texts.changedByte, 'changed-byte'),
      ),
    );
  };

export function time(timestamp: string): string {
  return new Date(timestamp).toLocaleTimeString('en', { hour12: false });
}
