import type { ClientAuth, IssuedToken, TokenResponse } from '../oauth/token-manager';
import { TokenManager } from '../oauth/token-manager';
import { OnegevityError } from '../errors';
import { isExpected, type Success } from './expected-response';
import {
  type Transport,
  type TransportOptions,
  type TransportRequest,
  createTransport,
  AbortEmitter,
} from '../http/transport';
import { Limiter } from './limiter';
import type { Operation } from './operation';
import { fillPath, queryString } from '../onegevity/path';
import {
  errorOf,
  header,
  isSuccess,
  parseJson,
  type RawResponse,
  successBody,
  unusable,
} from '../http/response';
import { retryAfterOf, retryDelay } from '../http/retry';

export const API_BASE_PATH = '/api/v1';

export interface ClientOptions extends TransportOptions {
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
  /** What else a success must show; what its operation asks for is checked anyway. */
  verify?: ((body: unknown) => boolean) | undefined;
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
  /** The same for all calls of one kind; by default what the path begins with. */
  kind?: string;
  /** Whether a success can be believed; one that cannot is `bad_response`. */
  isExpected?: (success: Success) => boolean;
}

export interface ApiResponse {
  statusCode: number;
  /** `null` where the response had no body. */
  body: unknown;
  requestId?: string;
}

const MAX_ATTEMPTS = 4;
/** Milliseconds after which nothing is repeated any more: room for one wait that a server asked for, and the rest. */
const RETRY_BUDGET_MS = 90_000;
/** Milliseconds without another renewal for a 403, after one that did not help: then the token is not what is wrong. */
const RENEWAL_PAUSE_MS = 60_000;
/** Kinds of calls that are remembered. A flow makes few; one that makes up paths must not fill the memory. */
const MAX_KINDS = 200;

/** Something under way that can be given up: a request, or the pause before the next. */
interface PendingCall {
  owner: object | undefined;
  stop: () => void;
}

/** Calls one environment of the API with one set of credentials: limits, token, retries, errors. */
export class ApiClient {
  /** Holds the secret: nothing that lists an object's members may find it. */
  readonly #options: ClientOptions;
  readonly #limiter: Limiter;
  readonly #tokens: TokenManager;
  readonly #pending = new Set<PendingCall>();
  readonly #cancelledOwners = new WeakSet<object>();
  /** Kinds of calls that worked once: a 403 to one of these may mean the token. */
  readonly #worked = new Set<string>();
  #nextRenewal = 0;
  #closed = false;
  #transport: Promise<Transport> | undefined;

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
  async whenQueueBelow(length: number): Promise<void> {
    await this.#limiter.onSizeLessThan(length);
  }

  /**
   * Calls an operation of the description, and believes a success only as far as that says what it must show.
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
    const { verify } = options;
    return this.request(
      {
        method: operation.method,
        path,
        body,
        scopes: operation.scopes,
        kind: operation.id,
        isExpected: (success) =>
          isExpected(operation, { params, body }, success) && (verify?.(success.body) ?? true),
      },
      options,
    );
  }

  /**
   * Calls any path below `/api/v1`.
   * @throws OnegevityError
   */
  async request(request: ApiRequest, options: CallOptions = {}): Promise<ApiResponse> {
    const body = jsonOf(request.body);
    const { kind = `${request.method} ${/^\/?[^/?]*/.exec(request.path)?.[0]}` } = request;
    return this.#limiter.schedule(
      () => this.#withRetries({ ...request, kind, body }, options),
      options.owner,
    );
  }

  /** Aborts what an owner has in flight or waiting, for good; its callers get `aborted`. */
  cancel(owner: object): void {
    this.#cancelledOwners.add(owner);
    this.#limiter.cancel(owner, new OnegevityError('aborted'));
    for (const one of this.#pending) if (one.owner === owner) one.stop();
  }

  /** Aborts what is in flight or waits; every caller gets `aborted`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#limiter.close(new OnegevityError('aborted'));
    for (const { stop } of this.#pending) stop();
    const http = await this.#transport?.catch(() => undefined);
    await http?.close();
  }

  /** What a browser needs to know of this client: nothing of it is secret. */
  get identity(): { root: string; clientId: string } {
    return { root: this.#options.baseUrl, clientId: this.#options.clientId };
  }

  /**
   * Exchanges an authorization code; the token is the caller's and not used for calls of this client.
   * @throws OnegevityError `code_rejected` and others of the token endpoint
   */
  async exchangeCode(code: string, redirectUri: string): Promise<IssuedToken> {
    return this.#limiter.schedule(() => this.#tokens.exchange(code, redirectUri));
  }

  async #withRetries(request: JsonRequest, options: CallOptions): Promise<ApiResponse> {
    const writes = request.method !== 'GET' && request.method !== 'HEAD';
    const started = performance.now();
    for (let attempt = 1; ; attempt++) {
      const result = await this.#attempt(request, writes, options);
      const outcome = result instanceof OnegevityError ? result : outcomeOf(result, request, writes);
      if (!(outcome instanceof OnegevityError)) return outcome;
      const delay = retryDelay(outcome, { writes, attempt, attempts: MAX_ATTEMPTS });
      if (delay === undefined || performance.now() - started + delay > RETRY_BUDGET_MS) throw outcome;
      options.onRetry?.(delay);
      await this.#sleep(delay, options.owner);
    }
  }

  /**
   * One attempt. If the token may have expired, it is answered by one new token and one more try. If that is rejected
   * too, the token is not what is wrong, and it stays.
   * @returns the response, or the fault on the way to it
   * @throws OnegevityError where no token can be had: the token manager has its own retries
   */
  async #attempt(
    request: JsonRequest,
    writes: boolean,
    options: CallOptions,
  ): Promise<RawResponse | OnegevityError> {
    const token = request.token ?? (await this.#tokens.get());
    const response = await this.#send(request, token, writes, options).catch(toError);
    if (response instanceof OnegevityError) return response;
    if (isSuccess(response) && this.#worked.size < MAX_KINDS) this.#worked.add(request.kind);
    if (request.token || !this.#mayHaveExpired(request, response)) return response;
    const isForbidden = response.statusCode === 403;
    if (isForbidden) this.#tokens.doubt(token);
    else this.#tokens.reject(token);
    const renewed = await this.#tokens.get();
    const isTheSame = isForbidden && renewed === token;
    const second = isTheSame ? response : await this.#send(request, renewed, writes, options).catch(toError);
    if (isForbidden && !(second instanceof OnegevityError) && second.statusCode === 403) {
      this.#nextRenewal = performance.now() + RENEWAL_PAUSE_MS;
    }
    return second;
  }

  /** Some servers answer 403 to a token that has expired: it is that, perhaps, where the same call worked before. */
  #mayHaveExpired({ kind }: JsonRequest, { statusCode }: RawResponse): boolean {
    if (statusCode !== 403) return statusCode === 401;
    return this.#worked.has(kind) && performance.now() >= this.#nextRenewal;
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
    return this.#exchange(
      { method, path: API_BASE_PATH + path, headers, body, timeout, isWrite: writes },
      owner,
    );
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
      isWrite: false,
    });
    const { statusCode } = response;
    return {
      statusCode,
      retryAfter: header(response, 'retry-after'),
      date: header(response, 'date'),
      body: parseJson(response.body),
    };
  }

  /** @throws OnegevityError */
  async #exchange(request: Omit<TransportRequest, 'signal'>, owner?: object): Promise<RawResponse> {
    this.#transport ??= createTransport(this.#options);
    const http = await this.#transport;
    this.#throwIfCancelled(owner);
    const signal = new AbortEmitter();
    const entry = { owner, stop: () => signal.abort() };
    this.#pending.add(entry);
    try {
      return await http.send({ ...request, signal });
    } finally {
      this.#pending.delete(entry);
    }
  }

  async #sleep(milliseconds: number, owner?: object): Promise<void> {
    this.#throwIfCancelled(owner);
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        this.#pending.delete(entry);
        reject(new OnegevityError('aborted'));
      };
      const entry = { owner, stop };
      const timer = setTimeout(() => {
        this.#pending.delete(entry);
        resolve();
      }, milliseconds);
      this.#pending.add(entry);
    });
  }

  #throwIfCancelled(owner: object | undefined): void {
    if (this.#closed || (owner && this.#cancelledOwners.has(owner))) throw new OnegevityError('aborted');
  }
}

/** A request whose body is written as JSON once, however often it is sent. */
interface JsonRequest extends Omit<ApiRequest, 'body'> {
  body: string | undefined;
  kind: string;
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
function toError(error: unknown): OnegevityError {
  return error instanceof OnegevityError ? error : new OnegevityError('internal', { outcome: 'unknown' });
}

function responseError(response: RawResponse, { scopes = [] }: JsonRequest, writes: boolean): OnegevityError {
  return errorOf(response, { writes, scopes }, retryAfterOf(response));
}

/** @returns what a response means: its body, or why it is none that can be used */
function outcomeOf(
  response: RawResponse,
  request: JsonRequest,
  writes: boolean,
): ApiResponse | OnegevityError {
  if (!isSuccess(response)) return responseError(response, request, writes);
  const { statusCode } = response;
  try {
    const body = successBody(response, writes);
    if (request.isExpected?.({ statusCode, body }) === false) return unusable(response, writes);
    const requestId = header(response, 'x-request-id');
    return { statusCode, body: body ?? null, ...(requestId ? { requestId } : {}) };
  } catch (error) {
    return toError(error);
  }
}
