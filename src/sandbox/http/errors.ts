import { randomUUID } from 'node:crypto';

export interface FieldFault {
  fieldName: string;
  message: string;
}

/** An answer other than success: a status and a body in one of the vendor's two error models. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
    readonly headers: Record<string, string> = {},
  ) {
    super(`status ${status}`);
  }
}

/** The vendor's GeneralError. Which status the vendor uses for what is not documented. */
export function generalError(status: number, message: string, headers?: Record<string, string>): ApiError {
  return new ApiError(status, { id: randomUUID(), message }, headers);
}

/** The vendor's ValidationError: bad input (400) or a failed precondition (409). */
export function validationError(
  status: 400 | 409,
  faults: { globalErrors?: readonly string[]; fieldErrors?: readonly FieldFault[] },
): ApiError {
  const { globalErrors = [], fieldErrors = [] } = faults;
  return new ApiError(status, { id: randomUUID(), globalErrors, fieldErrors });
}

export const notFound = (what: string): ApiError => generalError(404, `There is no such ${what}.`);
