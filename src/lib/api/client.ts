import type { ClientAuth, IssuedToken, TokenResponse } from '../auth/token-manager';
import { TokenManager } from '../auth/token-manager';
import { OnegevityError } from './errors';
import { type Http, type HttpOptions, type HttpRequest, openHttp, Stop } from './http';
import { Limiter } from './limiter';
import type { Operation } from './operation';
import { fillPath, queryString } from './path';
import { errorOf, header, isSuccess, parseJson, type RawResponse, successBody } from './response';
import { retryAfterSeconds, retryDelay } from './retry';

export const apiBase = '/api/v1';

export interface ClientOptions extends HttpOptions {
  clientId: string;
  clientSecret: string;
  /** Asked before each token request: with the scope choice `minimal` a deploy may add to them. */
  scopes: () => readonly string[];
  /** What messages call the scopes, where they came from a variable. */
  scopesShown?: string | undefined;
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
  /** On whose behalf, so that {@link ApiClient.cancel} finds the call. */
  owner?: object | undefined;
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
/** Milliseconds after which nothing is repeated any more: room for one wait that a server asked for, and the rest. */
const retryBudget = 90_000;

/** Something under way that can be given up: a request, or the pause before the next. */
interface Stoppable {
  owner: object | undefined;
  stop: () => void;
}

/** Calls one environment of the API with one set of credentials: limits, token, retries, errors. */
export class ApiClient {
  /** Holds the secret: nothing that lists an object's members may find it. */
  readonly #options: ClientOptions;
  readonly #limiter: Limiter;
  readonly #tokens: TokenManager;
  readonly #underWay = new Set<Stoppable>();
  readonly #gone = new WeakSet<object>();
  #closed = false;
  #http: Promise<Http> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#limiter = new Limiter(options.concurrency, options.rate);
    this.#tokens = new TokenManager(options, {
      postForm: (form, headers) => this.#postForm(form, headers),
      now: () => performance.now(),
      sleep: (milliseconds) => this.#sleep(milliseconds),
    });
  }

  /** Calls that wait for their turn. */
  get waiting(): number {
    return this.#limiter.waiting;
  }

  /** Resolves once at most `length` calls wait: list operations pause until then. */
  async shortQueue(length: number): Promise<void> {
    await this.#limiter.shorterThan(length);
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
    const body = jsonOf(request.body);
    return this.#limiter.run(() => this.#withRetries({ ...request, body }, options), options.owner);
  }

  /** Aborts what an owner has in flight or waiting, for good; its callers get `aborted`. */
  cancel(owner: object): void {
    this.#gone.add(owner);
    this.#limiter.cancel(owner, new OnegevityError('aborted'));
    for (const one of this.#underWay) if (one.owner === owner) one.stop();
  }

  /** Aborts what is in flight or waits; every caller gets `aborted`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#limiter.close(new OnegevityError('aborted'));
    for (const { stop } of this.#underWay) stop();
    const http = await this.#http?.catch(() => undefined);
    await http?.close();
  }

  /** What a browser needs to know of this client: nothing of it is secret. */
  get identity(): { root: string; clientId: string } {
    return { root: this.#options.root, clientId: this.#options.clientId };
  }

  /**
   * Exchanges an authorization code; the token is the caller's and not used for calls of this client.
   * @throws OnegevityError `code_refused` and others of the token endpoint
   */
  async exchangeCode(code: string, redirectUri: string): Promise<IssuedToken> {
    return this.#limiter.run(() => this.#tokens.exchange(code, redirectUri));
  }

  async #withRetries(request: JsonRequest, options: CallOptions): Promise<ApiResponse> {
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(request, writes, options);
      if (!(result instanceof OnegevityError) && isSuccess(result)) return responseOf(result, writes);

      const error = result instanceof OnegevityError ? result : refusal(result, request, writes);
      const delay = retryDelay(error, { writes, attempt, attempts });
      if (delay === undefined || performance.now() - started + delay > retryBudget) throw error;
      options.onRetry?.(delay);
      await this.#sleep(delay, options.owner);
    }
  }

  /**
   * One attempt; a 401 to a cached token is answered by one new token and one more try. If that is refused too,
   * the token is not what is wrong, and it stays.
   * @returns the answer, or the fault on the way to it
   * @throws OnegevityError where no token can be had: the token manager has its own retries
   */
  async #attempt(
    request: JsonRequest,
    writes: boolean,
    options: CallOptions,
  ): Promise<RawResponse | OnegevityError> {
    const token = request.token ?? (await this.#tokens.get());
    const response = await this.#send(request, token, writes, options).catch(fault);
    if (response instanceof OnegevityError || response.statusCode !== 401 || request.token) return response;
    this.#tokens.reject(token);
    return this.#send(request, await this.#tokens.get(), writes, options).catch(fault);
  }

  async #send(
    request: JsonRequest,
    token: string,
    writes: boolean,
    { timeout = this.#options.timeout, owner }: CallOptions,
  ): Promise<RawResponse> {
    const { method, path, body } = request;
    const headers: Record<string, string> = { authorization: `Bearer ${token}`, accept: 'application/json' };
    if (body !== undefined) headers['content-type'] = 'application/json';
    return this.#exchange({ method, path: apiBase + path, headers, body, timeout, writes }, owner);
  }

  async #postForm(form: string, headers: Record<string, string>): Promise<TokenResponse> {
    const response = await this.#exchange({
      method: 'POST',
      path: this.#options.tokenPath,
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form,
      timeout: this.#options.timeout,
      writes: false,
    });
    const { statusCode } = response;
    return { statusCode, retryAfter: header(response, 'retry-after'), body: parseJson(response.body) };
  }

  /** @throws OnegevityError */
  async #exchange(request: Omit<HttpRequest, 'stop'>, owner?: object): Promise<RawResponse> {
    this.#http ??= openHttp(this.#options);
    const http = await this.#http;
    this.#refuseWhenGone(owner);
    const stop = new Stop();
    const entry = { owner, stop: () => stop.abort() };
    this.#underWay.add(entry);
    try {
      return await http.send({ ...request, stop });
    } finally {
      this.#underWay.delete(entry);
    }
  }

  async #sleep(milliseconds: number, owner?: object): Promise<void> {
    this.#refuseWhenGone(owner);
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#underWay.delete(entry);
        reject(new OnegevityError('aborted'));
      };
      const entry = { owner, stop };
      const timer = setTimeout(() => {
        this.#underWay.delete(entry);
        resolve();
      }, milliseconds);
      this.#underWay.add(entry);
    });
  }

  #refuseWhenGone(owner: object | undefined): void {
    if (this.#closed || (owner && this.#gone.has(owner))) throw new OnegevityError('aborted');
  }
}

/** A request whose body is written as JSON once, however often it is sent. */
interface JsonRequest extends Omit<ApiRequest, 'body'> {
  body: string | undefined;
}

/** @throws OnegevityError `bad_body` for what JSON cannot hold, such as an object that holds itself */
function jsonOf(body: unknown): string | undefined {
  try {
    return JSON.stringify(body);
  } catch {
    throw new OnegevityError('bad_body', { values: { name: 'JSON?' } });
  }
}

/** What is foreign must not leave this folder: it could hold the request. */
function fault(error: unknown): OnegevityError {
  return error instanceof OnegevityError ? error : new OnegevityError('internal', { outcome: 'unknown' });
}

function refusal(response: RawResponse, { scopes = [] }: JsonRequest, writes: boolean): OnegevityError {
  return errorOf(response, { writes, scopes }, retryAfterSeconds(header(response, 'retry-after')));
}

function responseOf(response: RawResponse, writes: boolean): ApiResponse {
  const requestId = header(response, 'x-request-id');
  return {
    statusCode: response.statusCode,
    body: successBody(response, writes),
    ...(requestId ? { requestId } : {}),
  };
}
