import type { Node, NodeAPI } from 'node-red';

const reference = /^\$[{(]\S+[})]$/;

/**
 * The name of the environment variable that a saved property refers to, as `${NAME}`. Node-RED hands a node the
 * variable's value in its place, and that value may be a secret: no message shows it.
 * @param path from the node to the property: `['environment']`, `['fields', 'patientIdentifier', 'value']`
 * @returns undefined where the flow file holds no reference there
 */
export function savedReference(RED: NodeAPI, node: Node, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>(
    (at, name) => (at as Record<string, unknown> | null | undefined)?.[name],
    savedNode(RED, node),
  );
  const texts = [value].flat().filter((text) => typeof text === 'string');
  return texts.some((text) => reference.test(text.trim())) ? texts.join(' ') : undefined;
}

/** The node as the flow file has it; for one in a subflow, the node of the subflow that it was made of. */
function savedNode(RED: NodeAPI, node: Node): unknown {
  const { _alias: template } = node as { _alias?: string };
  let found: unknown;
  RED.nodes.eachNode((saved) => {
    if (saved.id === (template ?? node.id)) found = saved;
  });
  return found;
}
