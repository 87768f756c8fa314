/** Every code an {@link OnegevityError} can carry. Public: flows branch on `msg.error.code`. */
export const errorCodes = [
  // configuration
  'no_config',
  'bad_environment',
  'bad_base_url',
  'missing_credentials',
  'env_not_set',
  'env_not_text',
  'linked_node_missing',
  'newer_flow',
  // the message, before any request
  'missing_parameter',
  'bad_parameter',
  'bad_body',
  'webhook_as_body',
  'bad_path',
  'unknown_operation',
  'bad_expression',
  'patient_not_found',
  // kits
  'no_kit',
  'several_kits',
  'kit_not_found',
  'no_lab_visit',
  'several_lab_visits',
  // token endpoint
  'invalid_client',
  'invalid_scope',
  'token_refused',
  'token_unavailable',
  'bad_token_response',
  // the UI-Kit's page and its redirect endpoint
  'bad_public_url',
  'bad_route',
  'path_in_use',
  'http_off',
  'code_refused',
  'scope_too_wide',
  'wrong_patient',
  // the API's answer
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'validation',
  'rate_limited',
  'server_error',
  'bad_response',
  'redirect',
  'http_error',
  // the way to it
  'dns',
  'refused',
  'reset',
  'tls',
  'proxy',
  'timeout',
  'network',
  'too_large',
  'aborted',
  // paging
  'paging_stuck',
  // inbox
  'inbox_key_missing',
  'inbox_key_bad',
  'inbox_full',
  'inbox_unavailable',
  'redis_missing',
  'redis_url_bad',
  'redis_denied',
  'delivery_missing',
  'delivery_unknown',
  'delivery_ended',
  'delivery_superseded',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface FieldError {
  fieldName?: string;
  message?: string;
}

export interface ErrorDetails {
  /** Values for the translated text: names of fields, variables, scopes; never patient data or a secret. */
  values?: Record<string, string | number>;
  statusCode?: number;
  requestId?: string;
  fieldErrors?: FieldError[];
  globalErrors?: string[];
  /** Seconds, as the server asked. */
  retryAfter?: number;
  /** `unknown`: a write that may have reached the server. */
  outcome?: 'failed' | 'unknown';
}

/**
 * The one error that leaves `src/lib`. It never has a `cause`: Node-RED copies a cause to the debug sidebar,
 * and an HTTP client's cause carries the bearer token and the request body.
 *
 * `message` starts as the code; the node layer replaces it with translated text.
 */
export class OnegevityError extends Error {
  override readonly name = 'OnegevityError';
  readonly code: ErrorCode;
  readonly outcome: 'failed' | 'unknown';
  readonly statusCode?: number;
  readonly requestId?: string;
  readonly retryAfter?: number;
  declare readonly fieldErrors?: FieldError[];
  declare readonly globalErrors?: string[];
  declare readonly values: Record<string, string | number>;

  constructor(
    code: ErrorCode,
    { values = {}, outcome = 'failed', fieldErrors, globalErrors, ...details }: ErrorDetails = {},
  ) {
    super(code);
    this.code = code;
    this.outcome = outcome;
    Object.assign(this, details);
    // The vendor's words may quote what was sent: hidden from util.inspect and from loggers, for msg alone.
    for (const [name, value] of Object.entries({ values, fieldErrors, globalErrors })) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: false });
    }
  }
}
