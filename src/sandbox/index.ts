/** The built-in stand-in for the vendor's staging environment. It is not a promise about the vendor. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createApi, scopes } from './api';
import { Auth } from './auth';
import { webhookFault } from './control';
import { Lifecycle } from './lifecycle';
import type { Surroundings } from './model';
import { random } from './random';
import { makeServer } from './server';
import { Store } from './store';
import { Webhooks } from './webhooks';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on, by default 127.0.0.1. */
  host?: string;
  /** Seconds that a step of an order takes, by default 2; 0 moves orders by hand only. */
  pace?: number;
  /** Names the made-up data: the same seed always gives the same. By default 1. */
  seed?: number;
  /** How many made-up patients there are, by default 25. */
  patients?: number;
  clientId?: string;
  clientSecret?: string;
  /** Signs webhooks. Like the client's secret it is made up at each start unless it is given. */
  webhookSecret?: string;
  /** Lets the process end although the sandbox runs. */
  unref?: boolean;
  /** Seconds that an access token lives, by default 3600. */
  tokenLifetime?: number;
  /** Seconds before the second, third… attempt of a delivery, by default 1, 5 and 30. The vendor documents none. */
  retryDelays?: readonly number[];
  /** Milliseconds that a webhook endpoint may take to answer, by default 10,000. */
  deliveryTimeout?: number;
}

export interface Sandbox {
  /** The root, without /api/v1. */
  readonly url: string;
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
  /**
   * @returns The registration's id.
   * @throws TypeError when the URL is not http(s) or a topic is unknown.
   */
  registerWebhook(registration: { url: string; topics?: readonly string[] }): string;
  removeWebhook(id: string): void;
  /** Goes back to the seeded data. Registered webhooks and tokens stay. */
  reset(): void;
  /** Stops all timers and deliveries and closes all connections. */
  close(): Promise<void>;
}

/** Starts a sandbox. Rejects when the port cannot be had. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1', pace = 2, seed = 1, patients = 25, unref = false } = options;
  const clientId = options.clientId ?? 'sandbox-client';
  const clientSecret = options.clientSecret ?? randomBytes(24).toString('base64url');
  const webhookSecret = options.webhookSecret ?? randomBytes(24).toString('base64url');
  const store = new Store(seed, patients);
  const auth = new Auth({ clientId, clientSecret, tokenLifetime: options.tokenLifetime ?? 3600, scopes });
  const webhooks = new Webhooks({
    secret: webhookSecret,
    retryDelays: options.retryDelays ?? [1, 5, 30],
    timeout: options.deliveryTimeout ?? 10_000,
    unref,
  });
  const around: Surroundings = { now: () => new Date(), id: () => store.id(), random: random(seed, -1) };
  const emit = webhooks.emit.bind(webhooks);
  const lifecycle = new Lifecycle({ pace, unref, around, emit });
  const shop = { store, lifecycle, around };
  const reset = (): void => {
    lifecycle.clear();
    webhooks.clear();
    store.reset();
  };
  const api = await createApi(shop, auth);
  const controls = { shop, auth, webhooks, host, reset };
  const server = makeServer({ api, auth, store, controls, emit });
  if (unref) server.on('connection', (socket) => socket.unref());
  const listening = await listen(server, port, host);
  if (unref) server.unref();
  return {
    url: `http://${reachable(host)}:${listening}`,
    port: listening,
    clientId,
    clientSecret,
    webhookSecret,
    registerWebhook: ({ url, topics }) => register(webhooks, url, topics),
    removeWebhook: (id) => void webhooks.remove(id),
    reset,
    close: () => {
      lifecycle.clear();
      webhooks.close();
      return close(server);
    },
  };
}

function register(webhooks: Webhooks, url: string, topics: readonly string[] | undefined): string {
  const fault = webhookFault(url, topics);
  if (fault) throw new TypeError(`${fault.fieldName} ${fault.message}`);
  return webhooks.add(url, topics).id;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** The name by which this computer reaches a server on that address. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
