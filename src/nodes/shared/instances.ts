import type { Node } from 'node-red';

/** What Node-RED adds to a node that its types leave out. */
interface Placed {
  /** Of a node in a subflow: its id in the editor, which all instances share. */
  _alias?: string;
  /** The ids in the editor of the tab, of each subflow instance, and of the node. */
  _path?: string;
}

const running = new Map<string, Set<Node>>();

/** To be called for each node that is made, so that {@link instancesOf} finds it until it is closed. */
export function track(node: Node): void {
  const id = editorId(node);
  const instances = running.get(id) ?? new Set();
  running.set(id, instances.add(node));
  node.on('close', () => {
    instances.delete(node);
    if (instances.size === 0 && running.get(id) === instances) running.delete(id);
  });
}

/** The running nodes that the editor knows by one id: in a subflow, those of each of its instances. */
export function instancesOf(id: string): Node[] {
  return [...(running.get(id) ?? [])];
}

/** Where a node is: the editor's ids of its tab and of each subflow instance around it. */
export function placeOf(node: Node): string[] {
  const path = (node as Placed)._path?.split('/').slice(0, -1);
  return path ?? (node.z ? [node.z] : []);
}

function editorId(node: Node): string {
  return (node as Placed)._alias ?? node.id;
}
