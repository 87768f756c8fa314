import { fieldNames } from '../../generated/field-names';
import { sanitize } from './sanitize-json';
import { type ErrorCode, type FieldError, OnegevityError } from '../errors';

/** An answer as it came from the wire. */
export interface RawResponse {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Why the body could not be decoded. The status still holds: a 404 is a 404, whatever came with it. */
  fault?: 'response_too_large';
}

export function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

export function header(response: RawResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function isSuccess({ statusCode }: { statusCode: number }): boolean {
  return Math.floor(statusCode / 100) === 2;
}

/** @returns the parsed body, or undefined where it is no JSON */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * @returns the parsed body; undefined where there is none
 * @throws OnegevityError `bad_response` where the body is not JSON, or nested so deeply that flows could not use it;
 *   `response_too_large`
 */
export function successBody(response: RawResponse, writes: boolean): unknown {
  if (response.fault) throw unusable(response, writes, response.fault);
  if (response.body.length === 0) return undefined;
  const body = parseJson(response.body);
  // Removed in silence: the vendor's models have no such members.
  if (body === undefined || !sanitize(body, () => undefined)) throw unusable(response, writes);
  return body;
}

/**
 * The error of a success that cannot be used. Whether a write was carried out is not known: its 2xx may be right, and
 * only the body wrong, or both come from somewhere else than the API.
 */
export function unusable(
  { statusCode }: { statusCode: number },
  writes: boolean,
  code: 'bad_response' | 'response_too_large' = 'bad_response',
): OnegevityError {
  return new OnegevityError(code, { statusCode, outcome: writes ? 'unknown' : 'failed' });
}

/** Turns an answer outside 200–299 into the one error class, reading the vendor's error models where they fit. */
export function errorOf(
  response: RawResponse,
  { writes, scopes }: { writes: boolean; scopes: readonly string[] },
  retryAfter: number | undefined,
): OnegevityError {
  const { statusCode } = response;
  const body = asObject(parseJson(response.body));
  const fieldErrors = fieldErrorsOf(body?.fieldErrors);
  const globalErrors = stringsOf(body?.globalErrors);
  const requestId =
    typeof body?.id === 'string' || typeof body?.id === 'number' ? String(body.id) : undefined;
  const code = codeOf(statusCode, Boolean(fieldErrors ?? globalErrors));
  return new OnegevityError(code, {
    statusCode,
    values: {
      statusCode,
      scope: scopes.join(' ') || '?',
      seconds: retryAfter ?? '?',
      ...(code === 'validation' ? { name: namesOf(fieldErrors) } : {}),
    },
    ...(requestId === undefined ? {} : { requestId }),
    ...(fieldErrors ? { fieldErrors } : {}),
    ...(globalErrors ? { globalErrors } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    outcome: writes && mayBeDone(statusCode, retryAfter) ? 'unknown' : 'failed',
  });
}

/** A gateway says 408 too, when it is the API behind it that took too long. */
function mayBeDone(statusCode: number, retryAfter: number | undefined): boolean {
  return statusCode === 408 || (statusCode >= 500 && !(statusCode === 503 && retryAfter !== undefined));
}

/** 408 and 425: what is asked for is in order, and the server did not wait for it or take it so early. */
function isServersHaste(statusCode: number): boolean {
  return statusCode === 408 || statusCode === 425;
}

function codeOf(statusCode: number, hasValidationErrors: boolean): ErrorCode {
  if (statusCode >= 300 && statusCode < 400) return 'redirected';
  if (statusCode >= 500 || isServersHaste(statusCode)) return 'server_error';
  switch (statusCode) {
    case 401:
      return 'unauthorized';
    case 403:
      return 'forbidden';
    case 404:
      return 'not_found';
    case 409:
      return 'conflict';
    case 429:
      return 'rate_limited';
    case 400:
    case 422:
      return 'validation';
    default:
      return hasValidationErrors ? 'validation' : 'http_error';
  }
}

/** @returns the first few names of documented fields; `?` stands for all others, which may be data, `-` for none */
function namesOf(fieldErrors: readonly FieldError[] = []): string {
  const names = fieldErrors.map(({ fieldName = '' }) => documentedPath(fieldName));
  return [...new Set(names)].slice(0, 5).join(', ') || '-';
}

const documentedNames = new Map([...fieldNames].map((name) => [name.toLowerCase(), name]));

/**
 * A path such as `kitActivations[0].activationCode` or `$.PatientInformation.Email`, as this package writes paths, with
 * `?` for each part that is neither documented nor an index.
 */
export function documentedPath(path: string): string {
  const parts = path.split(/[.[\]/$'"]+/).filter((part) => part !== '');
  const names = parts.map((part) =>
    /^\d{1,3}$/.test(part) ? part : (documentedNames.get(part.toLowerCase()) ?? '?'),
  );
  if (!names.some((name) => documentedNames.has(name.toLowerCase()))) return '?';
  // What APIs put before the path: `body`, or the name of the model.
  while (names[0] === '?') names.shift();
  return names.join('.');
}

function fieldErrorsOf(value: unknown): FieldError[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((item) => {
    const { fieldName, message } = asObject(item) ?? {};
    return {
      ...(typeof fieldName === 'string' ? { fieldName } : {}),
      ...(typeof message === 'string' ? { message } : {}),
    };
  });
}

function stringsOf(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined;
}
