import type { NodeAPI } from 'node-red';
import type { ClientOptions } from '../../lib/api/client';
import {
  customBaseUrl,
  type Environment,
  requireResolvedEnv,
  baseUrls,
  scopesOf,
} from '../../lib/onegevity/environments';
import { OnegevityError } from '../../lib/errors';
import type { TlsOptions } from '../../lib/http/transport';
import type { ProxyOptions } from '../../lib/http/proxy';
import { translated } from '../shared/config-node';
import { embeddedSandbox } from './embedded-sandbox';

/** The saved properties of a config node that say how the API is reached. */
export interface ConnectionDef {
  baseUrl?: string;
  scopes?: string | string[];
  clientAuth?: 'basic' | 'form';
  tokenPath?: string;
  timeout?: number | string;
  concurrency?: number | string;
  rate?: number | string;
  tls?: string;
  proxy?: string;
}

export interface ClientCredentials {
  clientId?: string;
  clientSecret?: string;
}

/**
 * Turns saved properties into what a client needs; starts the embedded sandbox where that is the environment.
 * @param needed the scopes that the flow's nodes need, for the scope choice `minimal`
 * @throws OnegevityError
 */
export async function clientOptions(
  RED: NodeAPI,
  def: ConnectionDef,
  credentials: ClientCredentials,
  { environment, needed, scopesShown }: ClientContext,
): Promise<ClientOptions> {
  const fixed = scopesOf(def.scopes, () => []);
  const minimal = !Array.isArray(def.scopes) && requireResolvedEnv(def.scopes, 'scopes') === 'minimal';
  const concurrency = Math.ceil(positive(def.concurrency, 16));
  return {
    ...(await identity(RED, environment, def, credentials)),
    scopes: minimal ? needed : () => fixed,
    scopesShown,
    clientAuth: def.clientAuth === 'form' ? 'form' : 'basic',
    timeout: positive(def.timeout, 30_000),
    concurrency,
    connections: concurrency,
    rate: positive(def.rate, 0),
    tls: tlsOptions(RED, def.tls),
    // The embedded sandbox is in this process: no proxy could reach it.
    proxy: environment === 'sandbox' ? 'direct' : proxyOptions(RED, def.proxy),
  };
}

export interface ClientContext {
  environment: Environment;
  needed: () => readonly string[];
  /** What messages call the scopes, where they came from a variable. */
  scopesShown?: string | undefined;
}

/** Root, token path and credentials of an environment. @throws OnegevityError */
async function identity(
  RED: NodeAPI,
  environment: Environment,
  def: ConnectionDef,
  credentials: ClientCredentials,
): Promise<Pick<ClientOptions, 'baseUrl' | 'tokenPath' | 'clientId' | 'clientSecret'>> {
  if (environment === 'sandbox') {
    const { url, clientId, clientSecret } = await embeddedSandbox(RED);
    return { baseUrl: url, tokenPath: '/oauth/token', clientId, clientSecret };
  }
  return knownIdentity(environment, def, credentials);
}

function knownIdentity(
  environment: Exclude<Environment, 'sandbox'>,
  def: ConnectionDef,
  credentials: ClientCredentials,
): Pick<ClientOptions, 'baseUrl' | 'tokenPath' | 'clientId' | 'clientSecret'> {
  const baseUrl = environment === 'custom' ? customBaseUrl(def.baseUrl) : baseUrls[environment];
  return {
    baseUrl,
    tokenPath: tokenPath(def.tokenPath),
    clientId: required(credentials.clientId, 'clientId'),
    clientSecret: required(credentials.clientSecret, 'clientSecret'),
  };
}

/** What {@link clientOptions} would throw, as far as it is known before anything is started. */
export function connectionFault(
  RED: NodeAPI,
  def: ConnectionDef,
  credentials: ClientCredentials,
  environment: Environment,
): OnegevityError | undefined {
  try {
    scopesOf(def.scopes, () => []);
    tlsOptions(RED, def.tls);
    if (environment === 'sandbox') return undefined;
    proxyOptions(RED, def.proxy);
    knownIdentity(environment, def, credentials);
    return undefined;
  } catch (error) {
    return translated(RED, error);
  }
}

function required(value: string | undefined, name: string): string {
  const text = requireResolvedEnv(value, name);
  if (text === '') throw new OnegevityError('missing_credentials', { values: { name } });
  return text;
}

/** A path below the root: it must not be able to send the secret to another host. */
function tokenPath(value: string | undefined): string {
  const path = requireResolvedEnv(value, 'tokenPath') || '/oauth/token';
  if (!/^\/(?!\/)[\w\-./~%]*$/.test(path)) throw new OnegevityError('bad_base_url');
  return path;
}

function positive(value: number | string | undefined, fallback: number): number {
  const number = Number(value);
  return value !== '' && Number.isFinite(number) && number > 0 ? number : fallback;
}

/** What a flow links to must be there: without its proxy or certificate, calls would go another way unseen. */
function linked<T>(RED: NodeAPI, id: string | undefined, name: string): T | undefined {
  if (!id) return undefined;
  const node = RED.nodes.getNode(id) as T | null;
  if (!node) throw new OnegevityError('linked_node_missing', { values: { name } });
  return node;
}

/** Reads a core tls-config node. @throws OnegevityError `linked_node_missing` */
export function tlsOptions(RED: NodeAPI, id: string | undefined): TlsOptions | undefined {
  const node = linked<{ addTLSOptions?: (options: object) => TlsOptions }>(RED, id, 'tls-config');
  return node?.addTLSOptions?.({});
}

/** Reads a core http proxy node. */
function proxyOptions(RED: NodeAPI, id: string | undefined): ProxyOptions | undefined {
  const node = linked<{
    url?: string;
    noproxy?: string[];
    credentials?: { username?: string; password?: string };
  }>(RED, id, 'http proxy');
  if (!node?.url) return undefined;
  const { username, password } = node.credentials ?? {};
  return {
    url: node.url,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(node.noproxy ? { noProxy: node.noproxy } : {}),
  };
}
