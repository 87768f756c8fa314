import { EventEmitter } from 'node:events';
import type { Axios, AxiosResponse, InternalAxiosRequestConfig } from 'axios' with {
  'resolution-mode': 'import',
};
import type { Dispatcher } from 'undici';
import { acceptEncoding, decode } from './content-encoding';
import { OnegevityError } from '../errors';
import { MAX_TIMEOUT_MS } from '../max-timeout';
import { mayHaveArrived, networkCode } from './network-errors';
import { type Proxy, proxyFor, type ProxyOptions } from './proxy';
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

export interface TransportOptions {
  /** Scheme, host and port; no path. */
  baseUrl: string;
  /** Connections kept open at most. */
  connections: number;
  tls?: TlsOptions | undefined;
  /** Without it, HTTP_PROXY, HTTPS_PROXY and NO_PROXY of the environment hold; `direct`: not even these. */
  proxy?: ProxyOptions | 'direct' | undefined;
  /** Bytes of a response's body that are accepted, as they are sent and decoded. */
  maxBytes?: number;
}

/** What undici and axios need of an AbortController, at a tenth of its cost for each call. */
export class AbortEmitter extends EventEmitter {
  aborted = false;

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    this.emit('abort');
  }
}

export interface TransportRequest {
  method: string;
  /** Path and query, below the root. */
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Milliseconds until the whole answer must be there. */
  timeout: number;
  /** A fault after sending leaves open whether it was carried out: `outcome: "unknown"`. */
  isWrite: boolean;
  /** Aborted by the caller to give up, and by the time limit. Good for one request. */
  signal?: AbortEmitter;
}

export interface Transport {
  /**
   * @returns the answer, whatever its status; redirects are not followed
   * @throws OnegevityError with a network code; no object of the HTTP client leaves this file, since those
   *   carry the bearer token and the body
   */
  send(request: TransportRequest): Promise<RawResponse>;
  close(): Promise<void>;
}

const DEFAULT_MAX_BYTES = 50 * 1024 * 1024;
/** Bytes. Node.js stops at 16 kB; proxies in between may add more, such as many cookies. */
const MAX_HEADER_SIZE = 64 * 1024;

/**
 * Server and client must not disagree about how long an idle connection lives: a write on one that is just being
 * closed ends with an unknown outcome. Node's servers close after 5 s, most others later.
 */
const IDLE_CONNECTION_MS = 4_000;

/**
 * Opens a keep-alive pool to one root. axios and undici are loaded here, at the first call of a flow.
 * @throws OnegevityError `proxy` where the proxy's address is not usable
 */
export async function createTransport(options: TransportOptions): Promise<Transport> {
  const proxy = options.proxy === 'direct' ? undefined : proxyFor(new URL(options.baseUrl), options.proxy);
  const { Axios } = await import('axios');
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  const dispatcher = await openDispatcher({ ...options, maxBytes }, proxy);
  // Not axios.create, whose defaults would be copied into each request and used by none.
  const client = new Axios({
    baseURL: options.baseUrl,
    allowAbsoluteUrls: false,
    adapter: (config) => undiciAdapter(config, dispatcher, maxBytes),
    validateStatus: null,
  });
  return {
    send: (request) => send(client, request, proxy !== undefined),
    close: () => dispatcher.destroy(),
  };
}

async function openDispatcher(
  { connections, tls, maxBytes }: TransportOptions & { maxBytes: number },
  proxy: Proxy | undefined,
): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici');
  // Whatever a tls-config node or NODE_TLS_REJECT_UNAUTHORIZED says: the peer gets a secret and patient data.
  const secure = { ...tls, rejectUnauthorized: true };
  const common = {
    connections,
    maxResponseSize: maxBytes,
    maxHeaderSize: MAX_HEADER_SIZE,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    // Our own timer covers the whole call.
    headersTimeout: 0,
    bodyTimeout: 0,
  };
  if (!proxy) return new Agent({ ...common, connect: secure });
  return new ProxyAgent({
    ...common,
    uri: proxy.url,
    requestTls: secure,
    // An own CA is often that of the proxy; the client certificate is for the API alone.
    proxyTls: { ...(tls?.ca ? { ca: tls.ca } : {}), rejectUnauthorized: true },
    ...(proxy.authorization ? { token: proxy.authorization } : {}),
  });
}

async function send(client: Axios, request: TransportRequest, proxied: boolean): Promise<RawResponse> {
  const { signal = new AbortEmitter(), timeout } = request;
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      signal.abort();
    },
    Math.min(timeout, MAX_TIMEOUT_MS),
  );
  try {
    const response: AxiosResponse<Body> = await client.request({
      method: request.method,
      url: request.path,
      headers: request.headers,
      data: request.body,
      signal,
    });
    return {
      statusCode: response.status,
      headers: response.headers as RawResponse['headers'],
      ...response.data,
    };
  } catch (error) {
    const code = timedOut ? 'timeout' : signal.aborted ? 'aborted' : networkCode(error, proxied);
    throw new OnegevityError(code, {
      values: { seconds: timeout / 1000 },
      outcome: request.isWrite && mayHaveArrived(code, error) ? 'unknown' : 'failed',
    });
  } finally {
    clearTimeout(timer);
  }
}

type Body = Pick<RawResponse, 'body' | 'fault'>;

/** axios's adapter contract over `undici.request`: about twice the calls per second of its own http adapter. */
async function undiciAdapter(
  config: InternalAxiosRequestConfig,
  dispatcher: Dispatcher,
  maxBytes: number,
): Promise<AxiosResponse<Body>> {
  const sent = config.headers.toJSON() as Record<string, string>;
  sent['accept-encoding'] = acceptEncoding;
  const { statusCode, headers, body } = await dispatcher.request({
    origin: config.baseURL!,
    path: config.url!,
    method: (config.method ?? 'get').toUpperCase(),
    headers: sent,
    body: (config.data as string | undefined) ?? null,
    signal: config.signal,
  });
  const encoding = headers['content-encoding'];
  const data =
    encoding === undefined
      ? { body: await body.text() }
      : await decodedBody(Buffer.from(await body.arrayBuffer()), String(encoding), maxBytes);
  // Decoding does not hear of it, and a response now would reach a node that has closed.
  if (encoding !== undefined && config.signal?.aborted) throw new Error('aborted');
  return { data, status: statusCode, statusText: '', headers: headers as AxiosResponse['headers'], config };
}

/** undici's own interceptor is experimental, warns so on every start, and passes on what it cannot decode. */
async function decodedBody(bytes: Buffer, encoding: string, maxBytes: number): Promise<Body> {
  const result = await decode(bytes, encoding, maxBytes);
  if (result === 'too_large') return { body: '', fault: 'response_too_large' };
  // A proxy may have unpacked the body and left the header. Whether it is JSON is seen later, as of any other.
  return { body: new TextDecoder().decode(result === 'bad_encoding' ? bytes : result) };
}
