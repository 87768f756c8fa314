import type { AxiosInstance, AxiosResponse, InternalAxiosRequestConfig } from 'axios' with {
  'resolution-mode': 'import',
};
import type { Dispatcher } from 'undici';
import { type ErrorCode, OnegevityError } from './errors';
import type { RawResponse } from './response';

export interface TlsOptions {
  ca?: string | Buffer | (string | Buffer)[];
  cert?: string | Buffer;
  key?: string | Buffer;
  passphrase?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
  ALPNProtocols?: string[];
}

export interface ProxyOptions {
  url: string;
  username?: string;
  password?: string;
  /** Hosts reached directly. */
  noProxy?: readonly string[];
}

export interface HttpOptions {
  /** Scheme, host and port; no path. */
  root: string;
  /** Connections kept open at most. */
  connections: number;
  tls?: TlsOptions | undefined;
  /** Without it, HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment hold. */
  proxy?: ProxyOptions | undefined;
  /** Bytes of an answer's body that are accepted. */
  maxBytes?: number;
}

export interface HttpRequest {
  method: string;
  /** Path and query, below the root. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Milliseconds until the whole answer must be there. */
  timeout: number;
  signal: AbortSignal;
}

export interface Http {
  /**
   * @returns the answer, whatever its status; redirects are not followed
   * @throws OnegevityError with a network code; no object of the HTTP client leaves this file, since those
   *   carry the bearer token and the body
   */
  send(request: HttpRequest): Promise<RawResponse>;
  close(): Promise<void>;
}

const defaultMaxBytes = 50 * 1024 * 1024;

/** Opens a keep-alive pool to one root. axios and undici are loaded here, at the first call of a flow. */
export async function openHttp(options: HttpOptions): Promise<Http> {
  const { default: axios } = await import('axios');
  const dispatcher = await openDispatcher(options);
  const client = axios.create({
    baseURL: options.root,
    allowAbsoluteUrls: false,
    adapter: (config) => overUndici(config, dispatcher),
    validateStatus: null,
    transformResponse: [],
    proxy: false,
  });
  return {
    send: (request) => send(client, request),
    close: () => dispatcher.destroy(),
  };
}

async function openDispatcher({ connections, tls, proxy, maxBytes, root }: HttpOptions): Promise<Dispatcher> {
  const { Agent, ProxyAgent, EnvHttpProxyAgent } = await import('undici');
  const common = {
    connections,
    maxResponseSize: maxBytes ?? defaultMaxBytes,
    connect: { ...tls },
    keepAliveTimeout: 10_000,
    // Our own timer covers the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (proxy && !isExempt(new URL(root), proxy.noProxy ?? [])) {
    const token = proxy.username
      ? `Basic ${Buffer.from(`${proxy.username}:${proxy.password ?? ''}`).toString('base64')}`
      : undefined;
    return new ProxyAgent({ ...common, uri: proxy.url, requestTls: { ...tls }, ...(token ? { token } : {}) });
  }
  if (proxy) return new Agent(common);
  const proxied = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some(
    (name) => process.env[name],
  );
  return proxied ? new EnvHttpProxyAgent({ ...common, requestTls: { ...tls } }) : new Agent(common);
}

/** Entries as in core's http proxy node: a host, optionally with a port, or a domain with a leading dot or `*`. */
function isExempt(root: URL, entries: readonly string[]): boolean {
  return entries.some((entry) => {
    const [host = '', port] = entry.trim().toLowerCase().split(':');
    if (port && port !== (root.port || (root.protocol === 'https:' ? '443' : '80'))) return false;
    const suffix = host.replace(/^\*?\.?/, '');
    if (host === '*') return true;
    return suffix !== '' && (root.hostname === suffix || root.hostname.endsWith(`.${suffix}`));
  });
}

async function send(client: AxiosInstance, request: HttpRequest): Promise<RawResponse> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    abort();
  }, request.timeout);
  if (request.signal.aborted) abort();
  request.signal.addEventListener('abort', abort, { once: true });
  try {
    const response: AxiosResponse<Buffer> = await client.request({
      method: request.method,
      url: request.path,
      headers: request.headers,
      data: request.body,
      transformRequest: [(data: unknown) => data],
      signal: controller.signal,
    });
    return {
      statusCode: response.status,
      headers: response.headers as RawResponse['headers'],
      body: response.data,
    };
  } catch (error) {
    throw networkError(error, request, timedOut);
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', abort);
  }
}

/** axios's adapter contract over `undici.request`: about twice the calls per second of its own http adapter. */
async function overUndici(
  config: InternalAxiosRequestConfig,
  dispatcher: Dispatcher,
): Promise<AxiosResponse> {
  const { statusCode, headers, body } = await dispatcher.request({
    origin: config.baseURL!,
    path: config.url!,
    method: (config.method ?? 'get').toUpperCase(),
    headers: config.headers.toJSON() as Record<string, string>,
    body: (config.data as string | undefined) ?? null,
    signal: config.signal,
  });
  const data = Buffer.from(await body.arrayBuffer());
  return { data, status: statusCode, statusText: '', headers: headers as AxiosResponse['headers'], config };
}

/** Whether a request that failed so can have reached the server. */
const neverSent = new Set<ErrorCode>(['dns', 'refused', 'tls', 'proxy']);

export function mayHaveArrived(error: OnegevityError): boolean {
  return !neverSent.has(error.code);
}

function networkError(error: unknown, { signal, timeout }: HttpRequest, timedOut: boolean): OnegevityError {
  if (signal.aborted) return new OnegevityError('aborted');
  const code = timedOut ? 'timeout' : networkCode(error);
  return new OnegevityError(code, { values: { seconds: timeout / 1000 } });
}

/** Walks the chain of causes: axios, undici and Node each wrap the fault once. */
function networkCode(error: unknown): ErrorCode {
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; fault = fault.cause, depth++) {
    const code = (fault as { code?: unknown }).code;
    const found = typeof code === 'string' ? codeFor(code, fault.message) : undefined;
    if (found) return found;
  }
  return 'network';
}

function codeFor(code: string, message: string): ErrorCode | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'dns';
  if (code === 'ECONNREFUSED' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'reset';
  if (code === 'ETIMEDOUT' || /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/.test(code)) return 'timeout';
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') return 'too_large';
  if (/CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|^ERR_(TLS|SSL)|^EPROTO$/.test(code)) return 'tls';
  if (/^HPE_|^UND_ERR_(RES_CONTENT|INFO|INVALID)/.test(code)) return 'bad_response';
  if (/proxy/i.test(message)) return 'proxy';
  return undefined;
}
