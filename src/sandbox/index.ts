/** The built-in stand-in for the vendor's staging environment. It is not a promise about the vendor. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { createApi, scopes } from './api/routes';
import { Auth } from './http/auth';
import { Changes } from './domain/changes';
import { isLoopbackAddress } from './control/foreign';
import type { ControlRequest } from './control/request';
import { serveControl, type Controls } from './control/routes';
import { webhookFault } from './control/webhooks';
import { Faults } from './faults/faults';
import { readFault, type Fault } from './faults/kinds';
import { Lifecycle } from './domain/lifecycle';
import { ApiError } from './http/errors';
import type { Reply, Services } from './api/call';
import type { PatientState, SimulationContext } from './domain/model';
import { random } from './data/random';
import { RequestLog } from './http/requests';
import { makeServer } from './server/server';
import { Store } from './domain/store';
import { Webhooks } from './webhooks/queue';

export type { Fault, FaultName } from './faults/kinds';
export type { ControlRequest } from './control/request';
export { pageFile, type PageFile } from './server/page-files';

export interface SandboxOptions {
  /** 0, the default, takes a free one. */
  port?: number;
  /** Address to listen on, by default 127.0.0.1. Where other computers reach it, control routes need the token. */
  host?: string;
  /**
   * Names by which the page and the control routes may be called beside `localhost`, 127.0.0.1, [::1] and `host`: for
   * example a container's. All other names are rejected, since a web page can let any name of its own point here.
   */
  allowedHosts?: readonly string[];
  /** Opens the control routes from anywhere. Made up at each start unless it is given. */
  controlToken?: string;
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
  /** Where `/oauth/authorize` may go on to; without it, every http(s) URL is taken. */
  redirectUris?: readonly string[];
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
  /** To be sent to the control routes as `Authorization: Bearer …` where other computers can connect. */
  readonly controlToken: string;
  /** Whether they can. */
  readonly isOpen: boolean;
  /**
   * @returns The registration's id.
   * @throws TypeError when the URL is not http(s) or a topic is unknown.
   */
  registerWebhook(registration: { url: string; topics?: readonly string[] }): string;
  removeWebhook(id: string): void;
  /**
   * Sets a fault, as `POST /sandbox/faults` does.
   * @returns The fault's id.
   * @throws TypeError when there is no such fault or one of its members is out of bounds.
   */
  addFault(fault: Fault): string;
  removeFault(id: string): void;
  /**
   * Serves a control route without a socket. Who may ask is the caller's matter.
   * @param request its path begins after `/sandbox/`
   */
  control(request: ControlRequest): Promise<{ status: number; body: unknown }>;
  /** Goes back to the seeded data and removes all faults. Registered webhooks and tokens stay. */
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
  const controlToken = options.controlToken ?? randomBytes(24).toString('base64url');
  const store = new Store(seed, patients);
  const auth = new Auth({ clientId, clientSecret, tokenLifetime: options.tokenLifetime ?? 3600, scopes });
  const changes = new Changes(unref);
  const changed = (): void => changes.notify();
  const requests = new RequestLog(changed);
  const faults = new Faults(seed, changed);
  const { retryDelays = [1, 5, 30], deliveryTimeout = 10_000 } = options;
  const webhooks = new Webhooks({
    secret: webhookSecret,
    retryDelays,
    timeout: deliveryTimeout,
    unref,
    trouble: (topic) => faults.forDelivery(topic),
    changed,
  });
  const around: SimulationContext = { now: () => new Date(), id: () => store.id(), random: random(seed, -1) };
  const emit = webhooks.emit.bind(webhooks);
  const moved = (patient: PatientState): void => {
    store.touch(patient);
    changed();
  };
  const lifecycle = new Lifecycle({ pace, unref, around, emit, moved });
  const services: Services = { store, lifecycle, context: around, root: '' };
  const reset = (): void => {
    lifecycle.clear();
    webhooks.clear();
    store.reset();
    faults.clear();
    requests.clear();
    changed();
  };
  const api = await createApi(services, auth);
  const facts = { pace, seed, retryDelays, deliveryTimeout };
  const controls: Controls = { services, auth, webhooks, faults, requests, changes, facts, reset };
  const hosts = [host.includes(':') ? `[${host}]` : host, ...(options.allowedHosts ?? [])].map((name) =>
    name.toLowerCase(),
  );
  let isOpen = true;
  const server = makeServer({
    api,
    controls,
    access: { hosts, token: controlToken, isOpen: () => isOpen },
    redirectUris: options.redirectUris,
    unref,
    emit,
  });
  if (unref) server.on('connection', (socket) => socket.unref());
  const listening = await listen(server, port, host);
  // A name to listen on can stand for any address, so the socket tells.
  isOpen = !isLoopbackAddress((server.address() as AddressInfo).address);
  if (unref) server.unref();
  services.root = `http://${reachable(host)}:${listening}`;
  return {
    url: services.root,
    port: listening,
    clientId,
    clientSecret,
    webhookSecret,
    controlToken,
    isOpen,
    registerWebhook: ({ url, topics }) => register(webhooks, url, topics),
    removeWebhook: (id) => void webhooks.remove(id),
    addFault: (fault) => add(faults, fault),
    removeFault: (id) => void faults.remove(id),
    control: (request) => control(controls, request),
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

function add(faults: Faults, fault: Fault): string {
  const read = readFault(fault);
  if ('fault' in read) return faults.add(read.fault).id;
  throw new TypeError(read.faults.map(({ fieldName, message }) => `${fieldName} ${message}`).join('; '));
}

async function control(controls: Controls, request: ControlRequest): Promise<Reply> {
  try {
    return await serveControl(controls, request);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, body: error.body };
  }
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
