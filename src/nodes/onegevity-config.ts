import type { Node, NodeAPI, NodeDef } from 'node-red';
import { ApiClient, type ClientOptions } from '../lib/api/client';
import {
  customRoot,
  type Environment,
  environmentOf,
  resolved,
  roots,
  scopesOf,
} from '../lib/api/environments';
import { OnegevityError } from '../lib/api/errors';
import type { ProxyOptions, TlsOptions } from '../lib/api/http';
import { type ConfigNode, translated } from './shared/config-node';
import { embeddedSandbox } from './shared/embedded-sandbox';

interface ConfigDef extends NodeDef {
  environment?: string;
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

interface Credentials {
  clientId?: string;
  clientSecret?: string;
  webhookSecret?: string;
  previousWebhookSecret?: string;
  inboxKey?: string;
  previousInboxKey?: string;
  redisUrl?: string;
  redisUser?: string;
  redisPassword?: string;
}

type RuntimeConfigNode = ConfigNode & Node<Credentials> & { environment: Environment | undefined };

export = (RED: NodeAPI): void => {
  function OnegevityConfig(this: RuntimeConfigNode, def: ConfigDef): void {
    RED.nodes.createNode(this, def);
    const pace = sandboxPace(RED);
    const needed = new Set<string>();
    const started = def.scopes === 'minimal' ? flowsStarted(RED) : undefined;
    let client: Promise<ApiClient> | undefined;
    let problem: OnegevityError | undefined;

    try {
      this.environment = environmentOf(def.environment);
      if (this.environment === 'custom') customRoot(def.baseUrl);
    } catch (error) {
      problem = translated(RED, error);
      this.environment = undefined;
      this.error(problem.message);
    }

    const options = async (environment: Environment): Promise<ClientOptions> => {
      const scopes = scopesOf(def.scopes, () => [...needed].sort());
      const concurrency = positive(def.concurrency, 16);
      return {
        ...(await identity(environment, def, this.credentials, pace)),
        scopes,
        clientAuth: def.clientAuth === 'form' ? 'form' : 'basic',
        timeout: positive(def.timeout, 30_000),
        concurrency,
        connections: concurrency,
        rate: positive(def.rate, 0),
        tls: tlsOptions(RED, def.tls),
        proxy: proxyOptions(RED, def.proxy),
      };
    };

    this.problem = () => problem;
    this.needs = (scopes) => scopes.forEach((scope) => needed.add(scope));
    this.client = async () => {
      if (problem || !this.environment) throw problem ?? new OnegevityError('no_config');
      const { environment } = this;
      // `minimal` is known only when every node of the flow has said what it needs.
      await started;
      client ??= options(environment).then((ready) => new ApiClient(ready));
      client.catch(() => (client = undefined));
      return client;
    };
    this.webhookSecrets = async () => {
      if (this.environment === 'sandbox') return { current: (await embeddedSandbox(pace)).webhookSecret };
      const current = resolved(this.credentials.webhookSecret);
      const previous = resolved(this.credentials.previousWebhookSecret);
      return { ...(current ? { current } : {}), ...(previous ? { previous } : {}) };
    };
    this.registerReceiver = async (url, topics) => {
      if (this.environment !== 'sandbox') return () => undefined;
      const sandbox = await embeddedSandbox(pace);
      const id = sandbox.registerWebhook(topics ? { url, topics } : { url });
      return () => sandbox.removeWebhook(id);
    };
    this.on('close', (done: () => void) => {
      if (!client) return done();
      client.then((open) => open.close()).then(done, done);
    });
  }

  RED.nodes.registerType<RuntimeConfigNode, ConfigDef, object, Credentials>(
    'onegevity-config',
    OnegevityConfig,
    {
      credentials: {
        clientId: { type: 'text' },
        clientSecret: { type: 'password' },
        webhookSecret: { type: 'password' },
        previousWebhookSecret: { type: 'password' },
        inboxKey: { type: 'password' },
        previousInboxKey: { type: 'password' },
        redisUrl: { type: 'password' },
        redisUser: { type: 'password' },
        redisPassword: { type: 'password' },
      },
    },
  );
};

/** Root, token path and credentials of an environment. @throws OnegevityError */
async function identity(
  environment: Environment,
  def: ConfigDef,
  credentials: Credentials,
  pace: number | undefined,
): Promise<Pick<ClientOptions, 'root' | 'tokenPath' | 'clientId' | 'clientSecret'>> {
  if (environment === 'sandbox') {
    const { url, clientId, clientSecret } = await embeddedSandbox(pace);
    return { root: url, tokenPath: '/oauth/token', clientId, clientSecret };
  }
  const root = environment === 'custom' ? customRoot(def.baseUrl) : roots[environment];
  return {
    root,
    tokenPath: tokenPath(def.tokenPath),
    clientId: required(credentials.clientId, 'clientId'),
    clientSecret: required(credentials.clientSecret, 'clientSecret'),
  };
}

function required(value: string | undefined, name: string): string {
  const text = resolved(value);
  if (text === '') throw new OnegevityError('missing_credentials', { values: { name } });
  return text;
}

/** A path below the root: it must not be able to send the secret to another host. */
function tokenPath(value: string | undefined): string {
  const path = resolved(value) || '/oauth/token';
  if (!/^\/(?!\/)[\w\-./~%]*$/.test(path)) throw new OnegevityError('bad_base_url');
  return path;
}

function positive(value: number | string | undefined, fallback: number): number {
  const number = Number(value);
  return value !== '' && Number.isFinite(number) && number > 0 ? number : fallback;
}

function sandboxPace(RED: NodeAPI): number | undefined {
  const { onegevitySandboxPace: pace } = RED.settings as unknown as { onegevitySandboxPace?: unknown };
  return typeof pace === 'number' && pace >= 0 ? pace : undefined;
}

function flowsStarted(RED: NodeAPI): Promise<void> {
  return new Promise((resolve) => RED.events.once('flows:started', () => resolve()));
}

/** Reads a core tls-config node. */
function tlsOptions(RED: NodeAPI, id: string | undefined): TlsOptions | undefined {
  const node = id
    ? (RED.nodes.getNode(id) as { addTLSOptions?: (options: object) => TlsOptions } | null)
    : null;
  return node?.addTLSOptions?.({});
}

/** Reads a core http proxy node. */
function proxyOptions(RED: NodeAPI, id: string | undefined): ProxyOptions | undefined {
  const node = id
    ? (RED.nodes.getNode(id) as {
        url?: string;
        noproxy?: string[];
        credentials?: { username?: string; password?: string };
      } | null)
    : null;
  if (!node?.url) return undefined;
  const { username, password } = node.credentials ?? {};
  return {
    url: node.url,
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    ...(node.noproxy ? { noProxy: node.noproxy } : {}),
  };
}
