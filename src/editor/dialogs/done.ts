import { byId, showDefaults } from '../lib/dom';
import type { EditorNode } from '../lib/red';
import { asText } from '../lib/text';

export function label(node: EditorNode): string {
  const outcome = asText(node.outcome, 'done');
  return asText(node.name, node._(`labels.${outcome}`, { delay: asText(node.delay, '60') }));
}

export function prepare(node: EditorNode): void {
  showDefaults(node, 'node-input-');
  const outcome = byId<HTMLSelectElement>('node-input-outcome');
  const update = () => {
    byId<HTMLElement>('onegevity-delay').hidden = outcome.value !== 'retry';
  };
  outcome.addEventListener('change', update);
  update();
}
