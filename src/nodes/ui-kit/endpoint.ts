import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import type { ApiClient } from '../../lib/api/client';
import { requireResolvedEnv } from '../../lib/onegevity/environments';
import { OnegevityError } from '../../lib/errors';
import { asObject } from '../../lib/http/response';
import { redirectUri } from '../../lib/oauth/authorization-code';
import type { ConfigNode } from '../shared/config-node';
import { routePath } from './http-route';
import type { FlowMessage } from '../shared/message';

export interface EndpointDef {
  /** Below Node-RED's HTTP node root. */
  path?: string;
  /** Root under which browsers reach Node-RED. */
  publicUrl?: string;
}

const defaultPath = '/onegevity/ui-kit';

/** Where the redirect endpoint of one node is, as Express and as browsers see it. */
export class UiKitEndpoint {
  /** Below Node-RED's HTTP node root. */
  readonly path: string;
  readonly #publicUrl: string;
  readonly #root: string;

  /** @throws OnegevityError `http_off`, `bad_route`, `bad_public_url`, `env_not_set` */
  constructor(
    private readonly RED: NodeAPI,
    { path, publicUrl }: EndpointDef,
    private readonly config: ConfigNode,
  ) {
    const { httpNodeRoot } = RED.settings as { httpNodeRoot?: unknown };
    if (httpNodeRoot === false) throw new OnegevityError('http_off');
    this.#root = `/${typeof httpNodeRoot === 'string' ? httpNodeRoot : ''}/`.replace(/\/+/g, '/');
    this.path = routePath(requireResolvedEnv(path, 'path') || defaultPath);
    this.#publicUrl = requireResolvedEnv(publicUrl, 'publicUrl');
    const { environment } = config;
    if (this.#publicUrl) this.#uri(this.#publicUrl, environment === 'sandbox' || environment === 'custom');
    else if (environment !== 'sandbox') throw new OnegevityError('bad_public_url');
  }

  /**
   * The redirect URI for the page that a message asks for.
   * @throws OnegevityError `bad_public_url`
   */
  uri(client: ApiClient, msg: FlowMessage): string {
    // A plain http root is on this computer: a sandbox of its own.
    const sandbox = this.config.environment === 'sandbox' || client.identity.root.startsWith('http:');
    return this.#uri(this.#publicUrl || this.#ownUrl(msg), sandbox);
  }

  #uri(publicUrl: string, loopback: boolean): string {
    return redirectUri(publicUrl, this.#root + this.path.slice(1), loopback);
  }

  /** In the sandbox: the address by which the browser came, or this server's own. The two must be of one origin. */
  #ownUrl(msg: FlowMessage): string {
    const { req } = msg as { req?: IncomingMessage };
    const scheme = (this.RED.settings as { https?: unknown }).https ? 'https' : 'http';
    const host = asObject(req?.headers)?.host;
    if (typeof host === 'string') return `${scheme}://${host}`;
    const port = (this.RED.server.address() as AddressInfo | null)?.port ?? this.RED.settings.uiPort;
    return `${scheme}://localhost:${port}`;
  }
}
