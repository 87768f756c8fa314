import { isReadable, migrations, type SavedNode, migrate } from '../../lib/migrations';

/** A node as the editor holds it, as far as its saved properties go. */
export interface Upgradable {
  type: string;
  _def: { defaults: Readonly<Record<string, unknown>> };
  /** The node behind the editor's proxy, which rejects changes to a locked tab. */
  __node__?: Upgradable;
  [property: string]: unknown;
}

/** The saved properties alone: the editor's node has much beside them. */
export function savedOf({ type, _def, ...node }: Upgradable): SavedNode {
  const saved = Object.keys(_def.defaults).filter((name) => node[name] !== undefined);
  return { ...Object.fromEntries(saved.map((name) => [name, node[name]])), type };
}

/**
 * Brings a node of an older package to the current shape as soon as the editor has it, so that labels, checks and
 * dialogs meet no other. The runtime reads the older shape by itself; the newer one is saved with the next deploy.
 */
export function upgrade(node: Upgradable, table = migrations): void {
  const saved = savedOf(node);
  if (!isReadable(saved, table)) return;
  const current = migrate(saved, table);
  if (current === saved) return;
  const target = node.__node__ ?? node;
  for (const name of Object.keys(node._def.defaults)) target[name] = current[name];
}
