/** A request to the control routes, without HTTP. In a file of its own: its declaration is part of the package. */
export interface ControlRequest {
  method: string;
  /** After `/sandbox/`, percent-encoded. */
  path: string;
  query?: URLSearchParams;
  /** Parsed JSON. */
  body?: unknown;
}
