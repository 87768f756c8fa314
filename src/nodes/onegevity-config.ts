import type { Node, NodeAPI, NodeDef } from 'node-red';
import { ApiClient } from '../lib/api/client';
import { customRoot, type Environment, environmentOf, resolved } from '../lib/api/environments';
import { OnegevityError } from '../lib/api/errors';
import {
  type ClientCredentials,
  clientOptions,
  type ConnectionDef,
  tlsOptions,
} from './shared/client-options';
import { addAdminRoutes } from './shared/admin';
import { type ConfigNode, translated } from './shared/config-node';
import { embeddedSandbox } from './shared/embedded-sandbox';
import { serveSandboxPage } from './shared/sandbox-page';

interface ConfigDef extends NodeDef, ConnectionDef {
  environment?: string;
  redisTls?: string;
}

interface Credentials extends ClientCredentials {
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

type RuntimeConfigNode = ConfigNode & Node<Credentials> & { environment: Environment | undefined };

export = (RED: NodeAPI): void => {
  addAdminRoutes(RED, sandboxPace(RED));
  serveSandboxPage(RED, sandboxPace(RED));

  function OnegevityConfig(this: RuntimeConfigNode, def: ConfigDef): void {
    RED.nodes.createNode(this, def);
    const pace = sandboxPace(RED);
    const needed = new Set<string>();
    const minimal = def.scopes === 'minimal';
    let started: Promise<void> | undefined;
    let client: Promise<ApiClient> | undefined;
    let closed = false;
    let problem: OnegevityError | undefined;

    try {
      this.environment = environmentOf(def.environment);
      if (this.environment === 'custom') customRoot(def.baseUrl);
    } catch (error) {
      problem = translated(RED, error);
      this.environment = undefined;
      this.error(problem.message);
    }

    this.problem = () => problem;
    const connect = async (environment: Environment): Promise<ApiClient> => {
      const scopes = () => [...needed].sort();
      const options = { environment, pace, needed: scopes };
      return new ApiClient(await clientOptions(RED, def, this.credentials, options));
    };
    this.needs = (scopes) => {
      scopes.forEach((scope) => needed.add(scope));
      // Nodes come in a deploy, also in one that leaves this node as it is.
      if (minimal) started ??= flowsStarted(RED).then(() => (started = undefined));
    };
    this.client = async () => {
      if (problem || !this.environment) throw problem ?? new OnegevityError('no_config');
      // `minimal` is known only when every node of the flow has said what it needs.
      if (started) await started;
      if (closed) throw new OnegevityError('aborted');
      if (!client) {
        client = connect(this.environment);
        client.catch(() => (client = undefined));
      }
      return client;
    };
    this.webhookSecrets = async () => {
      if (this.environment === 'sandbox') return { current: (await embeddedSandbox(pace)).webhookSecret };
      const current = resolved(this.credentials.webhookSecret);
      const previous = resolved(this.credentials.previousWebhookSecret);
      return { ...(current ? { current } : {}), ...(previous ? { previous } : {}) };
    };
    this.inboxKeys = () => {
      const current = resolved(this.credentials.inboxKey);
      const previous = resolved(this.credentials.previousInboxKey);
      if (this.environment === 'sandbox' && !current) return { current: sandboxInboxKey };
      return { ...(current ? { current } : {}), ...(previous ? { previous } : {}) };
    };
    this.redis = () => {
      const { redisUrl, redisUser, redisPassword } = this.credentials;
      const [username, password] = [resolved(redisUser), resolved(redisPassword)];
      const tls = tlsOptions(RED, def.redisTls);
      return {
        url: resolved(redisUrl),
        ...(username ? { username } : {}),
        ...(password ? { password } : {}),
        ...(tls ? { tls } : {}),
      };
    };
    this.registerReceiver = async (url, topics) => {
      if (this.environment !== 'sandbox') return () => undefined;
      const sandbox = await embeddedSandbox(pace);
      const id = sandbox.registerWebhook(topics ? { url, topics } : { url });
      return () => sandbox.removeWebhook(id);
    };
    this.on('close', (done: () => void) => {
      closed = true;
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

function sandboxPace(RED: NodeAPI): number | undefined {
  const { onegevitySandboxPace: pace } = RED.settings as unknown as { onegevitySandboxPace?: unknown };
  return typeof pace === 'number' && pace >= 0 ? pace : undefined;
}

function flowsStarted(RED: NodeAPI): Promise<void> {
  return new Promise((resolve) => RED.events.once('flows:started', () => resolve()));
}
