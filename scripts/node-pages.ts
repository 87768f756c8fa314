/**
 * The editor's page of each node type. Those of the action nodes differ in a few values only: their file names the
 * values, and `src/nodes/action/action-node.html` is the page.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const folder = join(__dirname, '../src/nodes');

interface ActionNode {
  /** The operation that a new node starts with. */
  operation: string;
  /** How a new node reads lists, by default `single`. */
  paging?: string;
  /** A line of defaults that this type has beyond the others. */
  more?: string;
}

/** Node types: those that have a page. */
export const nodeTypes: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.html'))
  .map((name) => basename(name, '.html'));

/** @returns the page of a node type as Node-RED reads it */
export function nodePage(type: string): string {
  const page = readFileSync(join(folder, `${type}.html`), 'utf8');
  const [, values] = /^<!-- action-node (.*) -->\n$/.exec(page) ?? [];
  if (values === undefined) return page;
  const { operation, paging = 'single', more } = JSON.parse(values) as ActionNode;
  const parts: Record<string, string> = { type, operation, paging, more: more ? `      ${more}\n` : '' };
  const shared = readFileSync(join(folder, 'action/action-node.html'), 'utf8');
  return shared.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '');
}
