import { currentVersion, isReadable, shownVersion } from '../../lib/migrations';
import { note } from './dom';
import type { EditorNode } from './red';
import { shared } from './text';
import { savedOf, upgrade } from './upgrade';

interface Dialog {
  prepare(node: EditorNode): void;
  save?(node: EditorNode): void;
}

/** @returns true, or that a newer package saved the node */
export function validVersion(node: EditorNode): true | string {
  return isReadable(savedOf(node)) || newer(node);
}

function newer({ type, version }: EditorNode): string {
  return shared('errors.newer_flow', { version: shownVersion(version), known: currentVersion(type) });
}

/** A dialog that shows nothing of a node that a newer package saved, and so leaves it as it is. */
export function withVersionGuard<Own extends Dialog>(dialog: Own): Own {
  return {
    ...dialog,
    prepare: (node) => {
      if (isReadable(savedOf(node))) dialog.prepare(node);
      else openDialog().replaceChildren(note('danger', newer(node)));
    },
    save: (node) => {
      if (isReadable(savedOf(node))) dialog.save?.(node);
    },
  };
}

/** The one on top: a config node's dialog opens above that of the node which uses it. */
function openDialog(): Element {
  return [...document.querySelectorAll('.red-ui-tray .onegevity-dialog')].at(-1)!;
}

export function upgradeFlows(): void {
  RED.events.on('nodes:add', (node) => {
    if (node.type.startsWith('onegevity-')) upgrade(node);
  });
}
