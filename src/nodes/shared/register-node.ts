import type { Node, NodeAPI, NodeDef } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import {
  currentVersion,
  isReadable,
  migrations,
  type SavedNode,
  shownVersion,
  migrate,
} from '../../lib/migrations';
import { shared, translated } from './config-node';
import { track } from './instances';
import { logSentences } from './log-sentences';
import { onMessage } from './on-message';

/**
 * @returns what a flow file says of a node, in the shape that this package saves
 * @throws OnegevityError `newer_flow`, where a newer package saved it
 */
export function currentDef<Def extends NodeDef>(def: Def, table = migrations): Def {
  const saved = def as SavedNode & Def;
  if (isReadable(saved, table)) return migrate(saved, table) as SavedNode & Def;
  const values = { version: shownVersion(saved.version), known: currentVersion(def.type, table) };
  throw new OnegevityError('newer_flow', { values });
}

/** Makes a node of a type what it is, once Node-RED has made a node of it. */
export type Build<Own extends Node, Def extends NodeDef> = (RED: NodeAPI, node: Own, def: Def) => void;

/**
 * Registers a node type. A flow of an older package is brought to the current shape before it is built; a node that a
 * newer package saved is not built: it says so, and each message to it ends with that error.
 * @param load reads what builds the node. It is called at the first node of the type, so that Node-RED starts no
 *   later for types that no flow has.
 */
export function registerNode<Own extends Node, Def extends NodeDef>(
  RED: NodeAPI,
  type: string,
  load: () => Build<Own, Def>,
  table = migrations,
): void {
  function OnegevityNode(this: Own, saved: Def): void {
    RED.nodes.createNode(this, saved);
    track(this);
    logSentences(this);
    let def: Def;
    try {
      def = currentDef(saved, table);
    } catch (fault) {
      reject(RED, this, translated(RED, fault));
      return;
    }
    load()(RED, this, def);
  }
  RED.nodes.registerType(type, OnegevityNode);
}

function reject(RED: NodeAPI, node: Node, error: OnegevityError): void {
  const show = (): void => {
    node.status({ fill: 'red', shape: 'ring', text: shared(RED, `status.${error.code}`) });
  };
  onMessage(RED, node, { succeeded: show, failed: show }, () => Promise.reject(error));
  node.error(error.message);
  show();
}
