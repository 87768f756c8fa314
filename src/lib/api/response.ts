import { makeSafe } from './safe-json';
import { type ErrorCode, type FieldError, OnegevityError } from './errors';

/** An answer as it came from the wire. */
export interface RawResponse {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** Why the body could not be decoded. The status still holds: a 404 is a 404, whatever came with it. */
  fault?: BodyFault;
}

export type BodyFault = 'bad_response' | 'too_large';

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
 * @returns the parsed body; `null` where there is none
 * @throws OnegevityError `bad_response` where the body is not JSON, or nested so deeply that flows could not use it;
 *   `too_large`
 */
export function successBody(response: RawResponse, writes: boolean): unknown {
  if (response.fault) {
    throw new OnegevityError(response.fault, {
      statusCode: response.statusCode,
      outcome: writes ? 'unknown' : 'failed',
    });
  }
  if (response.body.length === 0) return null;
  const body = parseJson(response.body);
  // Removed in silence: the vendor's models have no such members.
  if (body === undefined || !makeSafe(body, () => undefined)) {
    // A write that got a 2xx was carried out; only its answer is unreadable.
    throw new OnegevityError('bad_response', {
      statusCode: response.statusCode,
      outcome: writes ? 'unknown' : 'failed',
    });
  }
  return body;
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
  return new OnegevityError(codeOf(statusCode, Boolean(fieldErrors ?? globalErrors)), {
    statusCode,
    values: { statusCode, scope: scopes.join(' ') || '?', seconds: retryAfter ?? '?' },
    ...(requestId === undefined ? {} : { requestId }),
    ...(fieldErrors ? { fieldErrors } : {}),
    ...(globalErrors ? { globalErrors } : {}),
    ...(retryAfter === undefined ? {} : { retryAfter }),
    outcome:
      writes && statusCode >= 500 && !(statusCode === 503 && retryAfter !== undefined) ? 'unknown' : 'failed',
  });
}

function codeOf(statusCode: number, hasValidationErrors: boolean): ErrorCode {
  if (statusCode >= 300 && statusCode < 400) return 'redirect';
  if (statusCode >= 500) return 'server_error';
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
