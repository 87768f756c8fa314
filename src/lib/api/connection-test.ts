import { getOperation } from './scopes';
import { API_BASE_PATH, type ClientOptions } from './client';
import { OnegevityError } from '../errors';
import { isExpected } from './expected-response';
import { type Transport, createTransport } from '../http/transport';
import {
  asObject,
  errorOf,
  header,
  isSuccess,
  parseJson,
  type RawResponse,
  successBody,
  unusable,
} from '../http/response';
import { TokenManager, type TokenResponse, type TokenTransport } from '../oauth/token-manager';

/** What a try of the credentials found. Nothing in it is secret. */
export interface ConnectionReport {
  /** Scopes the server says it granted; those asked for, where it says nothing. */
  scopes: readonly string[];
  /** Asked for and not granted. */
  notGranted: readonly string[];
  /** Seconds the token is good for; undefined where the server does not say. */
  expiresIn: number | undefined;
  /** Seconds by which this computer's clock is ahead of the server's; undefined where they agree. */
  clockSkew: number | undefined;
  /** Why a harmless read failed though there is a token; undefined where it did not, or no scope allows one. */
  readFault: OnegevityError | undefined;
}

/** Seconds of difference that matter for certificates and for tokens. */
const clockTolerance = 120;

/**
 * Obtains a token once and reads one package with it; patient data are not touched.
 * @param timeout milliseconds for each of the two calls
 * @throws OnegevityError as {@link TokenManager.get}, and for an unusable proxy
 */
export async function testConnection(
  options: Omit<ClientOptions, 'timeout'>,
  timeout: number,
): Promise<ConnectionReport> {
  const http = await createTransport(options);
  try {
    return await run(http, options, timeout);
  } finally {
    await http.close();
  }
}

async function run(
  http: Transport,
  options: Omit<ClientOptions, 'timeout'>,
  timeout: number,
): Promise<ConnectionReport> {
  let response: RawResponse | undefined;
  const transport: TokenTransport = {
    postForm: async (form, headers): Promise<TokenResponse> => {
      response = await http.send({
        method: 'POST',
        path: options.tokenPath,
        headers: {
          ...headers,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: form,
        timeout,
        isWrite: false,
      });
      const { statusCode, body } = response;
      return {
        statusCode,
        retryAfter: header(response, 'retry-after'),
        date: header(response, 'date'),
        body: parseJson(body),
      };
    },
    now: () => performance.now(),
    sleep: () => Promise.resolve(),
  };
  // Somebody waits for the answer: what fails, fails at once.
  const token = await new TokenManager(options, transport, 1).get();
  const answer = asObject(response && parseJson(response.body));
  const asked = options.scopes();
  const shown = (scopes: readonly string[]) =>
    scopes.length > 0 && options.scopesShown !== undefined ? [options.scopesShown] : scopes;
  const stated = typeof answer?.scope === 'string' ? answer.scope.split(/\s/).filter(Boolean) : undefined;
  const scopes = stated ?? asked;
  const expiresIn = Number(answer?.expires_in ?? NaN);
  return {
    scopes: stated ?? shown(asked),
    notGranted: shown(asked.filter((scope) => !scopes.includes(scope))),
    expiresIn: Number.isFinite(expiresIn) ? expiresIn : undefined,
    clockSkew: response && clockSkew(response),
    readFault: scopes.includes('packages_read') ? await readFault(http, token, timeout) : undefined,
  };
}

async function readFault(
  http: Transport,
  token: string,
  timeout: number,
): Promise<OnegevityError | undefined> {
  try {
    const response = await http.send({
      method: 'GET',
      path: `${API_BASE_PATH}/packages?pageNumber=1&pageSize=1`,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      timeout,
      isWrite: false,
    });
    if (!isSuccess(response))
      return errorOf(response, { writes: false, scopes: ['packages_read'] }, undefined);
    const success = { statusCode: response.statusCode, body: successBody(response, false) };
    return isExpected(getOperation('listPackages'), { params: {} }, success)
      ? undefined
      : unusable(response, false);
  } catch (error) {
    return error instanceof OnegevityError ? error : new OnegevityError('internal');
  }
}

function clockSkew(response: RawResponse): number | undefined {
  const theirs = Date.parse(header(response, 'date') ?? '');
  const seconds = Math.round((Date.now() - theirs) / 1000);
  return Math.abs(seconds) > clockTolerance ? seconds : undefined;
}
