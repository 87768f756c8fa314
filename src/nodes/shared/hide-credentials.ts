import type { Node } from 'node-red';

/**
 * Node-RED hands a node its secrets in an enumerable property, so whatever copies, logs or shows a node as a whole
 * (`JSON.stringify`, `util.inspect`, Node-RED's message cloning, an error reporter) has them too. They stay where
 * Node-RED's nodes look for them, for those who ask for them by name.
 */
export function hideCredentials(node: Node): void {
  const { credentials } = node;
  Object.defineProperty(node, 'credentials', {
    get: () => credentials,
    enumerable: false,
    configurable: true,
  });
}
