/** What a node saves has a version, so that flows of an older package go on working with a newer one. */

/** A node as a flow file holds it. */
export type SavedNode = Readonly<Record<string, unknown>> & { readonly type: string };

/**
 * From one version of what a node saves to the next. Pure. Wires and credentials stay as they are, and so the order
 * of the outputs.
 */
export type Migration = (saved: SavedNode) => SavedNode;

/** By node type: the first migration makes version 2 out of version 1, and so on. */
export type Migrations = Readonly<Record<string, readonly Migration[]>>;

/** Every type still saves version 1. How to change that is in CONTRIBUTING.md. */
export const migrations: Migrations = {};

/** The version that this package saves. */
export function currentVersion(type: string, table: Migrations = migrations): number {
  return 1 + (table[type]?.length ?? 0);
}

/** @returns whether this package knows the version that a node was saved with; a node without one is of version 1 */
export function isReadable({ type, version = 1 }: SavedNode, table: Migrations = migrations): boolean {
  return Number.isInteger(version) && Number(version) >= 1 && Number(version) <= currentVersion(type, table);
}

/** @returns a saved version as a text to show: it may be anything, and only a number is one */
export function shownVersion(version: unknown): string {
  return typeof version === 'number' ? String(version) : '?';
}

/**
 * @param saved a node that is readable
 * @returns the node as the current version saves it; itself, where it is current
 */
export function migrate(saved: SavedNode, table: Migrations = migrations): SavedNode {
  const { type, version = 1 } = saved;
  const steps = (table[type] ?? []).slice(Number(version) - 1);
  if (steps.length === 0) return saved;
  const node = steps.reduce((before, step) => step(before), saved);
  return { ...node, version: currentVersion(type, table) };
}
