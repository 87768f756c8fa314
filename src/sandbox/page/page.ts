/** The sandbox's page: shows its state, keeps it up to date, and lets people move things. */
import type { FaultChoices, State } from '../control/state';
import { button, h, LiveList } from './dom';
import { faultForm, faultRow } from './faults';
import { patientCard, type Act } from './orders';
import { requestRow } from './requests';
import { ask, HttpError } from './server';
import { texts } from './texts';
import { deliveryRow, endpointForm, endpointRow } from './webhooks';

/** Milliseconds between two looks at most, so that a busy sandbox does not keep the browser busy. */
const REST = 150;
const RETRY = 2000;

const view = { page: 1, search: '' };
const notice = h('p', { class: 'notice', role: 'status' });
const light = h('span', { class: 'light' }, texts.live);
const facts = h('span', { class: 'facts' });

const act: Act = (method, path, body) => {
  ask(method, path, body).then(() => say(''), complain);
};

function complain(error: unknown): void {
  say(texts.failed(error instanceof Error ? error.message : ''));
}

function say(text: string): void {
  notice.textContent = text;
}

const lists = {
  patients: new LiveList(
    h('div', { class: 'patients' }),
    ({ patientIdentifier }) => patientIdentifier,
    patientCard(act),
    texts.nobody,
  ),
  faults: new LiveList(h('div', {}), ({ id }) => id, faultRow(act), texts.noFault),
  webhooks: new LiveList(h('div', {}), ({ id }) => id, endpointRow(act), texts.noWebhook),
  deliveries: new LiveList(h('div', {}), ({ id }) => id, deliveryRow(act), texts.noDelivery),
  requests: new LiveList(h('div', {}), ({ id }) => id, requestRow, texts.noRequest),
} satisfies {
  [Name in 'patients' | 'faults' | 'webhooks' | 'deliveries' | 'requests']: LiveList<State[Name][number]>;
};

const pager = {
  previous: button(texts.previous, () => turn(-1)),
  where: h('span', {}),
  next: button(texts.next, () => turn(1)),
};
const retries = h('p', { class: 'about' });

function turn(pages: number): void {
  view.page += pages;
  look().catch(complain);
}

function search(event: Event): void {
  view.search = (event.target as HTMLInputElement).value;
  view.page = 1;
  look().catch(complain);
}

/** Fetches and shows the state. @returns its version */
async function look(): Promise<number> {
  const query = new URLSearchParams({ page: String(view.page), search: view.search });
  const state = await ask<State>('GET', `state?${query.toString()}`);
  const { pace, seed, retryDelays } = state.facts;
  facts.textContent = [texts.people(state.total), texts.seed(seed), texts.pace(pace)].join(' · ');
  retries.textContent = texts.retries(retryDelays);
  view.page = Math.min(view.page, state.pages);
  pager.where.textContent = texts.pageOf(view.page, state.pages);
  pager.previous.disabled = view.page <= 1;
  pager.next.disabled = view.page >= state.pages;
  lists.patients.update(state.patients);
  lists.faults.update(state.faults);
  lists.webhooks.update(state.webhooks);
  lists.deliveries.update(state.deliveries);
  lists.requests.update(state.requests);
  return state.version;
}

/** Waits for news and shows them, for as long as the page is open. */
async function follow(): Promise<void> {
  for (;;) {
    try {
      const version = await look();
      light.className = 'light on';
      light.textContent = texts.live;
      await ask('GET', `changes?since=${version}`);
      await rest(REST);
    } catch (error) {
      light.className = 'light off';
      light.textContent = error instanceof HttpError ? error.message : texts.away;
      await rest(RETRY);
    }
  }
}

const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function section(title: string, id: string, ...children: Node[]): HTMLElement {
  return h('section', { class: 'panel', id, 'aria-label': title }, h('h2', {}, title), ...children);
}

function draw(choices: FaultChoices): void {
  const swap = (): void => act('POST', 'faults', { fault: 'webhook-reorder', times: 1 });
  document.body.replaceChildren(
    h(
      'header',
      { class: 'top' },
      h('h1', {}, texts.title),
      light,
      facts,
      h('span', { class: 'grow' }),
      button(texts.revoke, () => act('POST', 'revoke'), { hint: texts.revokeHint }),
      button(texts.reset, () => act('POST', 'reset'), { hint: texts.resetHint }),
      // On a narrow page the panels lie below one another.
      h(
        'nav',
        {},
        ...(['orders', 'faults', 'deliveries', 'webhooks', 'requests'] as const).map((id) =>
          h('a', { href: `#${id}` }, texts[id]),
        ),
      ),
    ),
    h('p', { class: 'made-up' }, texts.madeUp),
    notice,
    h(
      'main',
      {},
      section(
        texts.orders,
        'orders',
        h(
          'div',
          { class: 'bar' },
          h('input', {
            type: 'search',
            placeholder: texts.search,
            'aria-label': texts.search,
            input: search,
          }),
          pager.previous,
          pager.where,
          pager.next,
        ),
        lists.patients.container,
      ),
      h(
        'div',
        { class: 'side' },
        section(
          texts.faults,
          'faults',
          lists.faults.container,
          h('details', { class: 'fold' }, h('summary', {}, texts.setFault), faultForm(act, choices)),
        ),
        section(
          texts.deliveries,
          'deliveries',
          h('div', { class: 'bar' }, button(texts.swap, swap, { hint: texts.swapHint })),
          lists.deliveries.container,
        ),
        section(
          texts.webhooks,
          'webhooks',
          retries,
          lists.webhooks.container,
          h(
            'details',
            { class: 'fold' },
            h('summary', {}, texts.register),
            endpointForm(act, choices.topics),
          ),
        ),
        section(texts.requests, 'requests', lists.requests.container),
      ),
    ),
  );
}

async function start(): Promise<void> {
  for (;;) {
    try {
      draw(await ask<FaultChoices>('GET', 'faults'));
      break;
    } catch (error) {
      document.body.replaceChildren(
        h('p', { class: 'notice', role: 'status' }, error instanceof HttpError ? error.message : texts.away),
      );
      await rest(RETRY);
    }
  }
  await follow();
}

start().catch(complain);
