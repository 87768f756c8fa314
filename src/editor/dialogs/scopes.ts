import { defaultScopes } from '../../lib/onegevity/environments';
import { neededScopes } from '../../lib/api/scopes';
import { byId, el, note, select } from '../lib/dom';
import { operationOf } from '../lib/operations';
import type { EditorNode } from '../lib/red';
import { asText, shared } from '../lib/text';

const prefix = 'node-config-input-';
const choices = ['default', 'minimal', 'list', 'none'] as const;

/** The choice of scopes; what results is shown below it. */
export function scopeRows(node: EditorNode): void {
  const saved = Array.isArray(node.scopes) ? node.scopes.join(' ') : asText(node.scopes);
  const named = saved === '' ? 'default' : saved;
  const current = (choices as readonly string[]).includes(named) && named !== 'list' ? named : 'list';
  const choice = select(
    `${prefix}scopesChoice`,
    choices.map((value) => ({ value, label: shared(`config.scopes.${value}`) })),
    current,
  );
  const list = el('input', {
    type: 'text',
    id: `${prefix}scopesList`,
    placeholder: 'packages_read patients_read fulfillment',
    'aria-label': shared('config.scopes.list'),
  });
  list.value = current === 'list' ? named : '';
  const update = () => {
    byId(`${prefix}scopes`).value = choice.value === 'list' ? list.value.trim() : choice.value;
    list.hidden = choice.value !== 'list';
    drawScopes(node);
  };
  byId<HTMLElement>('onegevity-scopes').append(choice, list);
  choice.addEventListener('change', update);
  list.addEventListener('input', update);
  byId(`${prefix}scopes`).value = current === 'list' ? named : current;
  list.hidden = current !== 'list';
}

export function drawScopes(node: EditorNode): void {
  const value = byId(`${prefix}scopes`).value;
  const known =
    value === 'default' || value === '' ? defaultScopes : value === 'minimal' ? scopesOfFlows(node) : [];
  const notes = [
    note('info', shared(`config.scopesAbout.${aboutOf(value)}`, { scopes: known.join(' ') || '–' })),
  ];
  if (!value.split(/[\s,]+/).includes('fulfillment') && value !== 'none')
    notes.push(note('info', shared('config.fulfillment')));
  byId<HTMLElement>('onegevity-scopes-about').replaceChildren(...notes);
}

function aboutOf(value: string): string {
  return value === '' ? 'default' : ['default', 'minimal', 'none'].includes(value) ? value : 'list';
}

/** @returns what the nodes that use this configuration need, as far as is known */
export function scopesOfFlows(config: EditorNode): readonly string[] {
  const needed = new Set<string>();
  RED.nodes.eachNode((node) => {
    if (node.config !== config.id || !node.type.startsWith('onegevity-')) return;
    const operation = operationOf(node.type, node.operation);
    if (!operation) return;
    const patientMustExist = node.patientMustExist === true;
    neededScopes({ operation, patientMustExist }).forEach((scope) => needed.add(scope));
  });
  return [...needed].sort();
}
