import type { EditorNode } from './red';
import { shared } from './text';

export type EnvironmentChoice = 'sandbox' | 'staging' | 'production' | 'custom' | 'variable';

/** @returns the environment of a saved config node, as far as the editor can know it */
export function environmentOf(config: EditorNode | null | undefined): EnvironmentChoice | undefined {
  if (!config) return undefined;
  const { environment } = config;
  if (environment === undefined) return 'sandbox';
  if (typeof environment === 'string' && /^\$[{(]/.test(environment)) return 'variable';
  return environment as EnvironmentChoice;
}

export function configOf(node: EditorNode): EditorNode | null {
  return node.config ? RED.nodes.node(node.config) : null;
}

/** A node's label: real patients' data are never more than a look away from being noticed. */
export function withProductionMark(node: EditorNode, label: string): string {
  return environmentOf(configOf(node)) === 'production'
    ? `${label} ${shared('editor.productionMark')}`
    : label;
}

export function labelStyle(node: EditorNode): string {
  return node.name ? 'node_label_italic' : '';
}

/**
 * A node dragged from the palette uses the account where there is only one to choose from. Imported nodes, which are
 * on the workspace already, keep what their flow says.
 */
export function added(node: EditorNode): void {
  if (node.config || RED.nodes.node(node.id)) return;
  const accounts: EditorNode[] = [];
  RED.nodes.eachConfig((config) => {
    if (config.type === 'onegevity-config' && (!config.z || config.z === RED.workspaces.active()))
      accounts.push(config);
  });
  const [only, another] = accounts;
  if (only && !another) node.config = only.id;
}
