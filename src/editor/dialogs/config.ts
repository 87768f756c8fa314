import { KEY_BYTES } from '../../lib/inbox/key-length';
import { connectionTest } from './connection-test';
import { button, byId, el, note, select, showDefaults } from '../lib/dom';
import { environmentOf, type EnvironmentChoice } from '../lib/environment';
import type { EditorNode } from '../lib/red';
import { rootOf } from '../lib/roots';
import { drawScopes, scopeRows } from './scopes';
import { asText, shared } from '../lib/text';
import { watchValue } from './variable-notes';

const prefix = 'node-config-input-';
const environments: readonly EnvironmentChoice[] = ['sandbox', 'staging', 'production', 'custom', 'variable'];
const secrets = [
  'clientId',
  'clientSecret',
  'webhookSecret',
  'previousWebhookSecret',
  'inboxKey',
  'previousInboxKey',
  'redisUrl',
  'redisUser',
  'redisPassword',
];

export function label(node: EditorNode): string {
  const environment = environmentOf(node) ?? 'sandbox';
  const text = environment === 'variable' ? String(node.environment) : shared(`environments.${environment}`);
  const name = asText(node.name);
  if (name === '') return text;
  return environment === 'production' ? `${name} ${shared('editor.productionMark')}` : name;
}

export function validBaseUrl(node: EditorNode, value: unknown): true | string {
  if (environmentOf(node) !== 'custom') return true;
  return isRoot(asText(value)) || shared('errors.bad_base_url');
}

/** The rule of the runtime: https, or http on this computer, and no path. */
function isRoot(value: string): boolean {
  const text = value.trim();
  if (/^\$[{(]\S+[})]$/.test(text)) return true;
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  const allowed = url.protocol === 'https:' || (url.protocol === 'http:' && loopback);
  return allowed && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
}

export function prepare(node: EditorNode): void {
  showDefaults(node, prefix);
  const hidden = byId(`${prefix}environment`);
  const saved = node.environment === undefined ? 'sandbox' : asText(node.environment);
  const known = environmentOf({ ...node, environment: saved }) ?? 'sandbox';
  const choice = select(
    `${prefix}environmentChoice`,
    environments.map((value) => ({ value, label: shared(`environments.${value}`) })),
    known,
  );
  const variable = el('input', {
    type: 'text',
    id: `${prefix}environmentVariable`,
    placeholder: '${ONEGEVITY_ENVIRONMENT}',
    'aria-label': shared('config.variableName'),
  });
  variable.value = known === 'variable' ? saved : '';
  const about = byId<HTMLElement>('onegevity-environment-about');
  const draw = () => {
    const current = choice.value as EnvironmentChoice;
    hidden.value = current === 'variable' ? variable.value.trim() : current;
    variable.hidden = current !== 'variable';
    byId<HTMLElement>('onegevity-base-url').hidden = current !== 'custom';
    byId<HTMLElement>('onegevity-account').hidden = current === 'sandbox';
    const root = rootOf(current, byId(`${prefix}baseUrl`).value);
    about.replaceChildren(
      note(
        current === 'production' ? 'danger' : 'info',
        shared(`config.about.${current}`, { root }),
        ...(current === 'sandbox' ? [' ', sandboxPage()] : []),
      ),
    );
  };
  byId<HTMLElement>('onegevity-environment').append(choice, variable);
  for (const element of [choice, variable, byId(`${prefix}baseUrl`)]) element.addEventListener('input', draw);
  draw();
  scopeRows(node);
  drawScopes(node);
  for (const name of [...secrets, 'baseUrl']) watchValue(byId(prefix + name), node.id);
  watchValue(variable, node.id);
  connectionTest(node);
  offerKey(byId(`${prefix}inboxKey`));
}

/** The page of the sandbox inside Node-RED, beside the editor. */
function sandboxPage(): HTMLElement {
  const link = { href: 'onegevity/sandbox/', target: '_blank', rel: 'noopener' };
  return el('a', link, shared('config.sandboxPage'));
}

/** A new key for the durable inbox, shown so that it can be kept elsewhere too. */
function offerKey(input: HTMLInputElement): void {
  const generate = button(shared('config.generateKey'), 'fa-key', () => {
    const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
    input.type = 'text';
    input.value = btoa(String.fromCharCode(...bytes));
    input.dispatchEvent(new Event('input'));
    if (!hint.isConnected) input.closest('.form-row')?.after(hint);
  });
  generate.id = 'onegevity-generate-key';
  const hint = note('warning', shared('config.keepKey'));
  input.after(generate);
}

/** Labels of the nodes that use this configuration say whether it is production. */
export function save(node: EditorNode): void {
  for (const user of node.users ?? []) {
    user.dirty = true;
    user.resize = true;
  }
}
