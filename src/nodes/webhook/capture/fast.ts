import type { NodeAPI } from 'node-red';
import { type App, type Layer, stackOf } from './express';

/** Settings that a request would pass through before it reaches a route of a flow. */
const settingsBefore = [
  'httpNodeAuth',
  'httpNodeMiddleware',
  'httpNodeCors',
  'requireHttps',
  'httpAdminMiddleware',
  'httpAdminAuth',
  'httpAuth',
];
/** What Express and core http in put before all routes; none of it matters to a delivery. */
const harmless = new Set(['query', 'expressInit', 'rawBodyCapture']);

/**
 * Whether a delivery may be answered at the top of the root app: nothing that the user has set, and no middleware
 * of anybody else, would have seen the request on its way to our route.
 * @param own handles that are ours
 */
export function fastAllowed(
  RED: NodeAPI,
  root: App,
  httpNode: App,
  own: ReadonlySet<unknown>,
  path: string,
): boolean {
  const settings = RED.settings as unknown as Record<string, unknown>;
  if (settings.onegevityWebhookFast === false) return false;
  if (settingsBefore.some((name) => settings[name])) return false;
  if (root.enabled('x-powered-by') || httpNode.enabled('x-powered-by')) return false;
  return isNodeRedsOwn(RED, root, httpNode, own) && hasNothingBefore(httpNode, own, path);
}

/** Whether the root app holds nothing before the flows' routes but the two apps of Node-RED. */
function isNodeRedsOwn(RED: NodeAPI, root: App, httpNode: App, own: ReadonlySet<unknown>): boolean {
  const admin = RED.httpAdmin as unknown as App | null;
  const mounted = [admin, httpNode].filter((app) => app?.parent === root).length;
  if (httpNode.parent !== root) return false;
  let seen = 0;
  for (const { name = '', handle } of stackOf(root) ?? []) {
    if (name === 'mounted_app') seen++;
    else if (!harmless.has(name) && !own.has(handle)) return false;
    if (seen === mounted) return true;
  }
  return false;
}

/** Whether no middleware of another package on the flows' app would see the request before our route. */
function hasNothingBefore(httpNode: App, own: ReadonlySet<unknown>, path: string): boolean {
  for (const layer of stackOf(httpNode) ?? []) {
    if (own.has(layer)) return true;
    if (!layer.route && !harmless.has(layer.name ?? '') && matches(layer, path)) return false;
  }
  return false;
}

function matches(layer: Layer, path: string): boolean {
  return layer.match?.(path) !== false;
}
