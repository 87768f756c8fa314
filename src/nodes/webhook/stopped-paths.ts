import type { NodeAPI } from 'node-red';
import { webhookRouterOf } from './route/webhook-router';
import { type WebhookDef, webhookOptions } from './options';

/** As much of a saved node, tab, group or subflow as tells the values of variables in it. */
interface Saved extends WebhookDef {
  z: string;
  g?: string;
  /** Of a node: disabled. */
  d?: boolean;
  /** Of a tab. */
  disabled?: boolean;
  env?: { name: string; type?: string; value?: unknown }[];
}

type Scope = (name: string) => string | undefined;

/**
 * Asks deliveries to come again where no webhook node runs yet, since Node-RED was started with stopped flows: a 404
 * would tell their sender that nobody will ever want them. What is saved tells their paths.
 */
export function holdStoppedPaths(RED: NodeAPI): void {
  const router = webhookRouterOf(RED);
  if (router) for (const path of savedPaths(RED)) router.holdWhileStopped(path);
}

/** @returns the paths of all webhook nodes that would run; those made of values that only running nodes have are left out */
export function savedPaths({ nodes }: Pick<NodeAPI, 'nodes'>): string[] {
  const saved = new Map<string, Saved>();
  nodes.eachNode((node) => saved.set(node.id, node));
  const hooks = [...saved.values()].filter(({ type }) => type === 'onegevity-webhook');
  return hooks.flatMap((hook) => {
    const { path } = webhookOptions(hook, undefined);
    return scopesOf(hook, saved).flatMap((scope) => filled(path, scope) ?? []);
  });
}

/** @returns one for each place in which a node would run: in a subflow, there is one for each instance of it */
function scopesOf(node: Saved, saved: ReadonlyMap<string, Saved>, depth = 0): Scope[] {
  const around = saved.get(node.g ?? node.z);
  // Flows that were imported may hold a subflow in itself.
  if (node.d || !around || around.disabled || depth > 20) return [];
  if (around.type === 'tab') return [within([around], globalScope(saved))];
  const users =
    around.type === 'subflow'
      ? [...saved.values()].filter(({ type }) => type === `subflow:${around.id}`)
      : [around];
  return users.flatMap((user) =>
    scopesOf(user, saved, depth + 1).map((outer) => within([user, around], outer)),
  );
}

function globalScope(saved: ReadonlyMap<string, Saved>): Scope {
  const settings = [...saved.values()].filter(({ type }) => type === 'global-config');
  return within(settings, (name) => process.env[name]);
}

/** @param holders of variables, the innermost first */
function within(holders: readonly Saved[], outer: Scope): Scope {
  return (name) => {
    for (const { env } of holders) {
      const found = Array.isArray(env) ? env.find((entry) => entry.name === name) : undefined;
      if (found?.type === 'env') return outer(String(found.value));
      if (found) return ['str', 'num', undefined].includes(found.type) ? String(found.value) : undefined;
    }
    return outer(name);
  };
}

/** As Node-RED does it: only a property that is a variable as a whole is replaced by its value. */
const variable = /^\$(?:\{(\S+)\}|\((\S+)\))$/;

/** @returns undefined where the value is not known */
function filled(text: string, scope: Scope): string | undefined {
  const [, braced, named = braced] = variable.exec(text) ?? [];
  return named === undefined ? text : scope(named);
}
