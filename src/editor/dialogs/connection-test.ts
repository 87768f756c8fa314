import { button, byId, el, note } from '../lib/dom';
import type { EditorNode } from '../lib/red';
import { ask, type Fault, faultText, when } from '../lib/runtime';
import { scopesOfFlows } from './scopes';
import { shared } from '../lib/text';

const prefix = 'node-config-input-';

interface Report {
  environment: string;
  root: string;
  scopes: string[];
  notGranted: string[];
  expiresIn?: number;
  clockSkew?: number;
  readFault?: Fault;
}

/** The button that tries what is typed, and what came of it. */
export function connectionTest(node: EditorNode): void {
  const result = el('div', { 'aria-live': 'polite', id: 'onegevity-test-result' });
  const start = button(shared('config.test.button'), 'fa-plug', () => {
    start.disabled = true;
    result.replaceChildren(note('info', shared('config.test.running')));
    when(ask<Report>('test-connection', typed(node)), (answer) => {
      start.disabled = false;
      result.replaceChildren(...(answer.ok ? reported(answer) : failed(answer)));
    });
  });
  start.id = 'onegevity-test-button';
  byId<HTMLElement>('onegevity-test').append(el('div', { class: 'onegevity-test' }, start), result);
}

function typed(node: EditorNode): object {
  const value = (name: string) => byId(prefix + name).value;
  const link = (name: string) => (value(name) === '_ADD_' ? '' : value(name));
  const scopes = value('scopes');
  return {
    id: node.id,
    environment: value('environment'),
    baseUrl: value('baseUrl'),
    scopes: scopes === 'minimal' ? scopesOfFlows(node).join(' ') || 'none' : scopes,
    clientAuth: value('clientAuth'),
    tokenPath: value('tokenPath'),
    tls: link('tls'),
    proxy: link('proxy'),
    credentials: { clientId: value('clientId'), clientSecret: value('clientSecret') },
  };
}

function reported({
  scopes,
  notGranted,
  expiresIn,
  clockSkew,
  readFault,
  root,
  environment,
}: Report): HTMLElement[] {
  const works = [
    shared('config.test.ok', { root: environment === 'sandbox' ? shared('environments.sandbox') : root }),
    shared('config.test.scopes', { scopes: scopes.join(' ') || '–' }),
    expiresIn === undefined
      ? shared('config.test.noExpiry')
      : shared('config.test.expires', { duration: spoken(expiresIn) }),
  ];
  return [
    note('success', ...works.map((text) => el('div', {}, text))),
    ...(notGranted.length > 0
      ? [note('warning', shared('config.test.notGranted', { scopes: notGranted.join(' ') }))]
      : []),
    ...(readFault
      ? [note('warning', shared('config.test.readFault', { reason: faultText(readFault) }))]
      : []),
    ...(clockSkew === undefined ? [] : [note('warning', clockText(clockSkew))]),
  ];
}

function failed(fault: Fault): HTMLElement[] {
  const hints = [faultText(fault)];
  // A certificate looks expired, or not yet valid, where it is the clock that is wrong.
  if (fault.code === 'tls')
    hints.push(shared('config.test.tlsClock', { time: new Date().toLocaleString(RED.i18n.lang()) }));
  return [note('danger', ...hints.map((text) => el('div', {}, text)))];
}

function clockText(ahead: number): string {
  const values = { duration: spoken(Math.abs(ahead)) };
  return shared(ahead > 0 ? 'config.test.clockAhead' : 'config.test.clockBehind', values);
}

/** A duration in the user's language, in its largest fitting unit. */
function spoken(seconds: number): string {
  const [unit, size] =
    seconds >= 7200
      ? (['hour', 3600] as const)
      : seconds >= 120
        ? (['minute', 60] as const)
        : (['second', 1] as const);
  return new Intl.NumberFormat(RED.i18n.lang(), { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.round(seconds / size),
  );
}
