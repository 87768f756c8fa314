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
  'bad_identifier',
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
  'token_rejected',
  'token_unavailable',
  'bad_token_response',
  // the UI-Kit's page and its redirect endpoint
  'bad_public_url',
  'bad_route',
  'path_in_use',
  'http_off',
  'code_rejected',
  'scope_too_wide',
  'scope_not_stated',
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
  'redirected',
  'http_error',
  // the way to it
  'dns',
  'connection_refused',
  'reset',
  'tls',
  'proxy',
  'timeout',
  'network',
  'response_too_large',
  'aborted',
  // paging
  'page_repeated',
  // inbox
  'inbox_key_missing',
  'inbox_key_bad',
  'inbox_full',
  'inbox_unavailable',
  'inbox_locked',
  'inbox_no_locks',
  'inbox_disk_full',
  'inbox_no_permission',
  'inbox_bad_folder',
  'inbox_too_many_files',
  'inbox_disk_fault',
  'inbox_damaged',
  'inbox_module_missing',
  'redis_missing',
  'redis_url_bad',
  'redis_database',
  'redis_denied',
  'redis_login',
  'redis_protected',
  'redis_full',
  'redis_damaged',
  'redis_unreachable',
  'redis_connections',
  'redis_tls',
  'redis_not_saving',
  'redis_read_only',
  'redis_no_replicas',
  'redis_loading',
  'redis_cluster',
  'redis_sentinel',
  'redis_too_old',
  'delivery_missing',
  'delivery_unknown',
  'delivery_already_done',
  'delivery_redelivered',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * Codes after which the same message fails again, however often it is sent: its content, what it names or the flow is
 * at fault. After any other code the service or the configuration was. `docs/source/errors.yaml` says the same in
 * words, and `npm run docs` compares the two.
 */
const permanent: ReadonlySet<ErrorCode> = new Set([
  'missing_parameter',
  'bad_parameter',
  'bad_identifier',
  'bad_body',
  'webhook_as_body',
  'bad_path',
  'bad_expression',
  'patient_not_found',
  'no_kit',
  'several_kits',
  'kit_not_found',
  'no_lab_visit',
  'several_lab_visits',
  'code_rejected',
  'scope_too_wide',
  'wrong_patient',
  'not_found',
  'conflict',
  'validation',
  'http_error',
  'response_too_large',
  'page_repeated',
  'delivery_missing',
  'delivery_unknown',
  'delivery_already_done',
  'delivery_redelivered',
  'internal',
]);

/** @returns whether the same message can succeed later; what a write may have done already is not asked here */
export function isRetryable(code: ErrorCode): boolean {
  return !permanent.has(code);
}

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
  /** The same message can succeed later, and sending it again does nothing twice. */
  readonly retryable: boolean;
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
    this.retryable = outcome === 'failed' && isRetryable(code);
    Object.assign(this, details);
    // The vendor's words may quote what was sent: hidden from util.inspect and from loggers, for msg alone.
    for (const [name, value] of Object.entries({ values, fieldErrors, globalErrors })) {
      if (value !== undefined) Object.defineProperty(this, name, { value, enumerable: false });
    }
  }
}

/** As members of the vendor's models are written: anything else may be data, such as a map that goes by email. */
const memberName = /^[A-Za-z_]\w*(\.\w+)*$/;

/** @returns `bad_body`, whose text names the first few faults; `fieldErrors`, for the message alone, has all */
export function validationError(
  fieldErrors: Required<FieldError>[],
  shown = (path: string) => (memberName.test(path) ? path : '?'),
): OnegevityError {
  const names = fieldErrors.slice(0, 5).map(({ fieldName, message }) => `${shown(fieldName)} (${message})`);
  return new OnegevityError('bad_body', { values: { name: names.join(', ') }, fieldErrors });
}
