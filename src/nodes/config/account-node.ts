import type { Node, NodeAPI, NodeDef } from 'node-red';
import { ApiClient } from '../../lib/api/client';
import {
  customBaseUrl,
  type Environment,
  environmentOf,
  requireResolvedEnv,
} from '../../lib/onegevity/environments';
import { OnegevityError } from '../../lib/errors';
import { enterConfig, neededOf, renewConfig } from '../shared/config-link';
import { type ConfigNode, translated } from '../shared/config-node';
import { onFlowsStarted, whenFlowsRun } from '../shared/flow-state';
import { currentDef } from '../shared/register-node';
import { savedReference } from '../shared/saved-reference';
import {
  type ClientCredentials,
  clientOptions,
  connectionFault,
  type ConnectionDef,
  tlsOptions,
} from './client-options';
import { embeddedSandbox } from './embedded-sandbox';

export interface ConfigDef extends NodeDef, ConnectionDef {
  environment?: string;
  redisTls?: string;
}

export interface Credentials extends ClientCredentials {
  webhookSecret?: string;
  previousWebhookSecret?: string;
  inboxKey?: string;
  previousInboxKey?: string;
  redisUrl?: string;
  redisUser?: string;
  redisPassword?: string;
}

/** Made-up data need no secret key, and examples are to work without one. */
const sandboxInboxKey = Buffer.alloc(32).toString('base64');

export type AccountNode = ConfigNode & Node<Credentials> & { environment: Environment | undefined };

/** The nodes with certificates and proxy that a configuration names. */
type LinkedNodes = readonly unknown[];

function linkedNodes(RED: NodeAPI, { tls, proxy, redisTls }: ConfigDef): LinkedNodes {
  return [tls, proxy, redisTls].map((id) => (id ? (RED.nodes.getNode(id) as unknown) : undefined));
}

function isSame(before: LinkedNodes, now: LinkedNodes): boolean {
  return before.every((node, index) => node === now[index]);
}

/** @param saved as the flow file has it: a faulty one makes a node that says what is wrong, to whoever uses it */
export function buildAccount(RED: NodeAPI, node: AccountNode, saved: ConfigDef): void {
  let def = saved;
  let started: Promise<void> | undefined;
  let client: Promise<ApiClient> | undefined;
  let closed = false;
  let problem: OnegevityError | undefined;
  let linked: LinkedNodes | undefined;

  try {
    def = currentDef(saved);
    node.environment = environmentOf(def.environment, savedReference(RED, node, ['environment']));
    if (node.environment === 'custom') customBaseUrl(def.baseUrl);
  } catch (error) {
    problem = translated(RED, error);
    node.environment = undefined;
    node.error(problem.message);
  }

  const noteLinked = (): void => void (linked = linkedNodes(RED, def));
  node.problem = () => {
    noteLinked();
    return problem ?? (node.environment && connectionFault(RED, def, node.credentials, node.environment));
  };
  const connect = async (environment: Environment): Promise<ApiClient> => {
    noteLinked();
    const scopesShown = savedReference(RED, node, ['scopes']);
    const options = { environment, needed: () => neededOf(node.id), scopesShown };
    return new ApiClient(await clientOptions(RED, def, node.credentials, options));
  };
  node.expectNodes = () => {
    // Nodes come in a deploy, also in one that leaves this node as it is.
    if (def.scopes === 'minimal') started ??= whenFlowsRun(RED).started.then(() => (started = undefined));
  };
  node.client = async () => {
    if (problem || !node.environment) throw problem ?? new OnegevityError('no_config');
    // `minimal` is known only when every node of the flow has said what it needs.
    if (started) await started;
    if (closed) throw new OnegevityError('aborted');
    if (!client) {
      client = connect(node.environment);
      client.catch(() => (client = undefined));
    }
    return client;
  };
  node.webhookSecrets = async () => {
    if (node.environment === 'sandbox') return { current: (await embeddedSandbox(RED)).webhookSecret };
    const current = requireResolvedEnv(node.credentials.webhookSecret, 'webhookSecret');
    const previous = requireResolvedEnv(node.credentials.previousWebhookSecret, 'previousWebhookSecret');
    return { ...(current ? { current } : {}), ...(previous ? { previous } : {}) };
  };
  node.inboxKeys = () => {
    const current = requireResolvedEnv(node.credentials.inboxKey, 'inboxKey');
    const previous = requireResolvedEnv(node.credentials.previousInboxKey, 'previousInboxKey');
    if (node.environment === 'sandbox' && !current) return { current: sandboxInboxKey };
    return { ...(current ? { current } : {}), ...(previous ? { previous } : {}) };
  };
  node.redis = () => {
    noteLinked();
    const { redisUrl, redisUser, redisPassword } = node.credentials;
    const [username, password] = [
      requireResolvedEnv(redisUser, 'redisUser'),
      requireResolvedEnv(redisPassword, 'redisPassword'),
    ];
    const tls = tlsOptions(RED, def.redisTls);
    return {
      url: requireResolvedEnv(redisUrl, 'redisUrl'),
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(tls ? { tls } : {}),
    };
  };
  node.registerReceiver = async (url, topics) => {
    if (node.environment !== 'sandbox') return () => undefined;
    const sandbox = await embeddedSandbox(RED);
    const id = sandbox.registerWebhook(topics ? { url, topics } : { url });
    return () => sandbox.removeWebhook(id);
  };
  const disconnect = async (): Promise<void> => {
    const open = client;
    client = undefined;
    await (await open)?.close();
  };
  // Node-RED restarts this node with those that it names by their ids; not where one comes back that was missing, and
  // not where a variable names it.
  const stopWatching = onFlowsStarted(RED, () => {
    if (!linked || isSame(linked, linkedNodes(RED, def))) return;
    linked = undefined;
    disconnect().catch(() => undefined);
    renewConfig(node);
  });
  node.on('close', (done: () => void) => {
    closed = true;
    stopWatching();
    disconnect().then(done, () => done());
  });
  if (neededOf(node.id).length > 0) node.expectNodes();
  enterConfig(RED, node);
}
