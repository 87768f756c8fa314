import type { Node, NodeAPI } from 'node-red';
import { customBaseUrl, environmentOf } from '../../lib/onegevity/environments';
import { asObject } from '../../lib/http/response';
import { testConnection } from '../../lib/api/connection-test';
import { clientOptions, type ClientCredentials, type ConnectionDef } from '../config/client-options';
import { instancesOf } from '../shared/instances';
import { type AdminRequest, faultOf } from './http';
import { variable, variableName } from './variables';

/** Milliseconds for each call: somebody is waiting. */
const timeLimit = 10_000;
/** What Node-RED sends to the editor in place of a password that is saved. */
const unchanged = '__PWRD__';

/**
 * Tries what is typed in a config node's dialog, before it is deployed. A saved
 * secret is used where the dialog leaves it as it is, and with the typed root: deploying could do the same, hence
 * the same permission.
 */
export async function testUnsaved(RED: NodeAPI, { body }: AdminRequest): Promise<object> {
  const typed = asObject(body) ?? {};
  const saved = savedNode(typed.id);
  const resolve = (value: unknown) => resolveVariable(RED, saved, value);
  const environment = environmentOf(resolve(typed.environment), typedReference(typed.environment));
  const def: ConnectionDef = Object.fromEntries(
    ['baseUrl', 'scopes', 'clientAuth', 'tokenPath', 'tls', 'proxy'].map((name) => [
      name,
      resolve(typed[name]),
    ]),
  );
  const options = await clientOptions(RED, def, credentialsOf(typed.credentials, saved, resolve), {
    environment,
    needed: () => [],
    scopesShown: typedReference(typed.scopes),
  });
  const custom = () => typedReference(typed.baseUrl) ?? customBaseUrl(def.baseUrl);
  const root = environment === 'custom' ? custom() : options.baseUrl;
  const { readFault, ...report } = await testConnection(options, timeLimit);
  return {
    ok: true,
    environment,
    root,
    ...report,
    ...(readFault ? { readFault: faultOf(readFault) } : {}),
  };
}

/** @returns what was typed, where that refers to a variable: its value is shown to nobody */
function typedReference(value: unknown): string | undefined {
  return variableName(value) === undefined ? undefined : String(value).trim();
}

type SavedConfig = Node<ClientCredentials>;

/** In a subflow: one of its instances, whose secrets are the same. */
function savedNode(id: unknown): SavedConfig | undefined {
  const [node] = typeof id === 'string' ? instancesOf(id) : [];
  return node?.type === 'onegevity-config' ? node : undefined;
}

function credentialsOf(
  typed: unknown,
  saved: SavedConfig | undefined,
  resolve: (value: unknown) => unknown,
): ClientCredentials {
  const members = asObject(typed) ?? {};
  const one = (name: keyof ClientCredentials) => {
    const value = members[name] === unchanged ? saved?.credentials?.[name] : resolve(members[name]);
    return value === undefined ? {} : { [name]: value };
  };
  return { ...one('clientId'), ...one('clientSecret') };
}

/** Replaces a reference to an environment variable as Node-RED does at start; one that is not set stays. */
function resolveVariable(RED: NodeAPI, node: Node | undefined, value: unknown): unknown {
  const name = variableName(value);
  return name === undefined ? value : (variable(RED, node, name) ?? value);
}
