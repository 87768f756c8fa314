import type { NodeAPI } from 'node-red';
import { asObject } from '../../lib/http/response';
import { instancesOf } from '../shared/instances';
import type { AdminRequest } from './http';

/** @returns the name in a reference to an environment variable, `${NAME}` or `$(NAME)` */
export function variableName(value: unknown): string | undefined {
  return typeof value === 'string' ? /^\$[{(](\S+)[})]$/.exec(value.trim())?.[1] : undefined;
}

/** @returns the value of a variable as a node finds it: its flow's, the global ones, then the process's */
export function variable(RED: NodeAPI, node: unknown, name: string): unknown {
  const util = RED.util as unknown as { getSetting(node: unknown, name: string): unknown };
  return util.getSetting(node ?? undefined, name);
}

/**
 * Which environment variables are set, and which are set to nothing. Their
 * values stay here. The body is `{ id?, names }`.
 */
export function variableStates(RED: NodeAPI, { body }: AdminRequest): object {
  const { id, names } = asObject(body) ?? {};
  const [node] = typeof id === 'string' ? instancesOf(id) : [];
  const wanted = Array.isArray(names) ? names.filter((name) => typeof name === 'string').slice(0, 20) : [];
  const variables = wanted.map((name) => [name, stateOf(variable(RED, node, name))]);
  return { ok: true, variables: Object.fromEntries(variables) as Record<string, string> };
}

function stateOf(value: unknown): 'missing' | 'empty' | 'set' {
  if (value === undefined) return 'missing';
  return typeof value === 'string' && value.trim() === '' ? 'empty' : 'set';
}
