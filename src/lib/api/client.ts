import type { ClientAuth, IssuedToken, TokenResponse } from '../auth/token-manager';
import { TokenManager } from '../auth/token-manager';
import { OnegevityError } from './errors';
import { type Http, type HttpOptions, type HttpRequest, mayHaveArrived, openHttp } from './http';
import { Limiter } from './limiter';
import type { Operation } from './operation';
import { fillPath, queryString } from './path';
import { errorOf, header, parseJson, type RawResponse, successBody } from './response';
import { retryAfterSeconds, retryDelay } from './retry';

export const apiBase = '/api/v1';

export interface ClientOptions extends HttpOptions {
  clientId: string;
  clientSecret: string;
  scopes: readonly string[];
  clientAuth: ClientAuth;
  /** Path of the token endpoint below the root. */
  tokenPath: string;
  /** Milliseconds for one attempt. */
  timeout: number;
  /** Calls in flight at most. */
  concurrency: number;
  /** Calls started per second at most; 0: no limit. */
  rate: number;
}

export interface CallOptions {
  /** Milliseconds for one attempt, in place of the client's. */
  timeout?: number | undefined;
  /** Told of each pause before another attempt. */
  onRetry?: ((milliseconds: number) => void) | undefined;
}

export interface ApiRequest {
  method: string;
  /** Path and query below `/api/v1`. */
  path: string;
  /** Sent as JSON unless undefined. */
  body?: unknown;
  /** Scopes the operation needs, as far as is known; for the text of a 403. */
  scopes?: readonly string[];
  /** Sent in place of the client's own token, and never renewed. */
  token?: string;
}

export interface ApiResponse {
  statusCode: number;
  /** `null` where the answer had no body. */
  body: unknown;
  requestId?: string;
}

const attempts = 4;
/** Milliseconds after which a failed read is not repeated any more. */
const retryBudget = 60_000;

/** Calls one environment of the API with one set of credentials: limits, token, retries, errors. */
export class ApiClient {
  readonly #limiter: Limiter;
  readonly #tokens: TokenManager;
  readonly #closing = new AbortController();
  #http: Promise<Http> | undefined;

  constructor(private readonly options: ClientOptions) {
    this.#limiter = new Limiter(options.concurrency, options.rate);
    this.#tokens = new TokenManager(options, {
      postForm: (form, headers) => this.#postForm(form, headers),
      now: () => performance.now(),
      sleep: (milliseconds) => this.#sleep(milliseconds),
    });
  }

  /** Calls that wait for their turn: list operations pause while this is long. */
  get waiting(): number {
    return this.#limiter.waiting;
  }

  /**
   * Calls an operation of the description.
   * @param params path and query parameters by name
   * @throws OnegevityError
   */
  async call(
    operation: Operation,
    params: Readonly<Record<string, unknown>>,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<ApiResponse> {
    const query = operation.parameters.filter((parameter) => parameter.in === 'query');
    const path =
      fillPath(operation.path, params) +
      queryString(Object.fromEntries(query.map(({ name }) => [name, params[name]])));
    return this.request({ method: operation.method, path, body, scopes: operation.scopes }, options);
  }

  /**
   * Calls any path below `/api/v1`.
   * @throws OnegevityError
   */
  async request(request: ApiRequest, options: CallOptions = {}): Promise<ApiResponse> {
    return this.#limiter.run(() => this.#withRetries(request, options));
  }

  /** Aborts what is in flight or waits; every caller gets `aborted`. */
  async close(): Promise<void> {
    this.#limiter.close(new OnegevityError('aborted'));
    this.#closing.abort();
    const http = await this.#http?.catch(() => undefined);
    await http?.close();
  }

  /** Obtains a token, so that credentials can be tried without touching patient data. */
  async authenticate(): Promise<void> {
    await this.#tokens.get();
  }

  /** What a browser needs to know of this client: nothing of it is secret. */
  get identity(): { root: string; clientId: string } {
    return { root: this.options.root, clientId: this.options.clientId };
  }

  /**
   * Exchanges an authorization code; the token is the caller's and not used for calls of this client.
   * @throws OnegevityError `code_refused` and others of the token endpoint
   */
  async exchangeCode(code: string, redirectUri: string): Promise<IssuedToken> {
    return this.#limiter.run(() => this.#tokens.exchange(code, redirectUri));
  }

  async #withRetries(request: ApiRequest, options: CallOptions): Promise<ApiResponse> {
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(request, writes, options.timeout);
      if (!(result instanceof OnegevityError) && isSuccess(result)) return responseOf(result, writes);

      const error = result instanceof OnegevityError ? result : this.#refusal(result, request, writes);
      const delay = retryDelay(error, { writes, attempt, attempts });
      if (delay === undefined || performance.now() - started + delay > retryBudget) throw error;
      options.onRetry?.(delay);
      await this.#sleep(delay);
    }
  }

  /**
   * One attempt; a 401 to a cached token is answered by one new token and one more try.
   * @returns the answer, or the fault on the way to it
   * @throws OnegevityError where no token can be had: the token manager has its own retries
   */
  async #attempt(
    request: ApiRequest,
    writes: boolean,
    timeout: number | undefined,
  ): Promise<RawResponse | OnegevityError> {
    const token = request.token ?? (await this.#tokens.get());
    const response = await this.#send(request, token, timeout).catch((error: unknown) =>
      faultOf(error, writes),
    );
    if (response instanceof OnegevityError || response.statusCode !== 401 || request.token) return response;
    this.#tokens.reject(token);
    const second = await this.#tokens.get();
    const again = await this.#send(request, second, timeout).catch((error: unknown) =>
      faultOf(error, writes),
    );
    if (!(again instanceof OnegevityError) && again.statusCode === 401) this.#tokens.reject(second);
    return again;
  }

  #refusal(response: RawResponse, { scopes = [] }: ApiRequest, writes: boolean): OnegevityError {
    return errorOf(response, { writes, scopes }, retryAfterSeconds(header(response, 'retry-after')));
  }

  async #send(request: ApiRequest, token: string, timeout = this.options.timeout): Promise<RawResponse> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
    let body: string | undefined;
    if (request.body !== undefined) {
      headers['content-type'] = 'application/json';
      body = JSON.stringify(request.body);
    }
    return this.#exchange({ method: request.method, path: apiBase + request.path, headers, body, timeout });
  }

  async #postForm(form: string, headers: Record<string, string>): Promise<TokenResponse> {
    const response = await this.#exchange({
      method: 'POST',
      path: this.options.tokenPath,
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form,
      timeout: this.options.timeout,
    });
    const { statusCode } = response;
    return { statusCode, retryAfter: header(response, 'retry-after'), body: parseJson(response.body) };
  }

  async #exchange(request: Omit<HttpRequest, 'signal'>): Promise<RawResponse> {
    const { signal } = this.#closing;
    if (signal.aborted) throw new OnegevityError('aborted');
    this.#http ??= openHttp(this.options);
    return (await this.#http).send({ ...request, signal });
  }

  async #sleep(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) return reject(new OnegevityError('aborted'));
      const abort = () => {
        clearTimeout(timer);
        reject(new OnegevityError('aborted'));
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, milliseconds);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

/** A fault on the way of a write leaves its fate open, unless it happened before anything was sent. */
function faultOf(error: unknown, writes: boolean): OnegevityError {
  const fault = error instanceof OnegevityError ? error : new OnegevityError('internal');
  return writes && mayHaveArrived(fault)
    ? new OnegevityError(fault.code, { outcome: 'unknown', values: fault.values })
    : fault;
}

function isSuccess({ statusCode }: RawResponse): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function responseOf(response: RawResponse, writes: boolean): ApiResponse {
  const requestId = header(response, 'x-request-id');
  return {
    statusCode: response.statusCode,
    body: successBody(response, writes),
    ...(requestId ? { requestId } : {}),
  };
}
