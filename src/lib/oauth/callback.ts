import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorCode, OnegevityError } from '../errors';
import { browserToken, type CodeClient } from './authorization-code';
import type { StateFault, StateStore } from './state-store';

/** Why no token was given. Public: audit messages carry it. */
export type Reason = StateFault | 'not_a_frame' | 'bad_request' | 'denied' | ErrorCode;

/** What is told of every request to the redirect endpoint; never a token, a code or a state. */
export interface Audit {
  event: 'issued' | 'rejected';
  timestamp: string;
  reason?: Reason;
  /** Where the state told whose it was. */
  patientIdentifier?: string;
  /** Refusals of unknown senders before this one that were not reported, since there were too many. */
  suppressed?: number;
  /** Seconds the given token lives. */
  expiresIn?: number;
  /** Scopes of the given token, where the token endpoint told. */
  scopes?: readonly string[];
}

export interface CallbackResponse {
  statusCode: number;
  headers: Record<string, string>;
  body: string;
  /** Undefined where there is nothing to tell: a method that is not served. */
  audit?: Audit;
  /** A fault of this side or of the vendor's, not of the browser's. */
  fault?: OnegevityError;
}

export interface CallbackRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
}

export interface CallbackOptions {
  states: StateStore;
  client(): Promise<CodeClient>;
  /** The most that a token may carry; undefined: anything. */
  scopes: readonly string[] | undefined;
}

const answerHeaders = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  pragma: 'no-cache',
  'content-security-policy': "default-src 'none'; frame-ancestors 'self'",
  'x-frame-options': 'SAMEORIGIN',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** What the browser's own doing may lead to; every other fault is ours or the vendor's. */
const rejections = new Set<ErrorCode>(['code_rejected', 'scope_too_wide', 'wrong_patient']);
/** The same for each patient until somebody changes it: whoever runs the flow must hear of it. */
const lasting = new Set<ErrorCode>(['scope_not_stated']);
const longestCode = 4096;

/**
 * Answers the navigation that ends the vendor's authorization redirect: JSON with the token, to the hidden frame of
 * the page that was given the state, or an error that tells the browser nothing more. Never rejects.
 */
export async function handleCallback(
  request: CallbackRequest,
  options: CallbackOptions,
): Promise<CallbackResponse> {
  // A HEAD would use up a state, a code and a token, and tell nobody.
  if (request.method !== 'GET') return { ...answer(405, { error: 'invalid_request' }), headers: allowGet };
  if (!isFrameNavigation(request.headers)) return rejected('not_a_frame');
  const query = new URLSearchParams(/\?(.*)/s.exec(request.url)?.[1] ?? '');
  if (['state', 'code', 'error'].some((name) => query.getAll(name).length > 1))
    return rejected('bad_request');
  const record = options.states.redeem(query.get('state') ?? '');
  if (typeof record === 'string') return rejected(record);
  const { patientIdentifier, redirectUri } = record;
  if (query.has('error')) return rejected('denied', patientIdentifier);
  const code = query.get('code') ?? '';
  if (!/^[\x20-\x7e]+$/.test(code) || code.length > longestCode)
    return rejected('bad_request', patientIdentifier);
  try {
    const client = await options.client();
    const { scopes } = options;
    const token = await browserToken(client, { code, redirectUri, patientIdentifier, scopes });
    return given(token, patientIdentifier);
  } catch (error) {
    const fault = error instanceof OnegevityError ? error : new OnegevityError('internal');
    if (rejections.has(fault.code)) return rejected(fault.code, patientIdentifier);
    if (lasting.has(fault.code)) return { ...rejected(fault.code, patientIdentifier), fault };
    const audit: Audit = { event: 'rejected', timestamp: now(), reason: fault.code, patientIdentifier };
    return { ...answer(503, { error: 'temporarily_unavailable' }), audit, fault };
  }
}

const allowGet = { ...answerHeaders, allow: 'GET' };

/**
 * Only the navigation of a frame gets a token: not a script's fetch, not a tab of its own. Every current browser
 * says what a request is for, to https and to this computer (Fetch Metadata); what does not say is no such browser.
 */
function isFrameNavigation(headers: IncomingHttpHeaders): boolean {
  return headers['sec-fetch-dest'] === 'iframe' && headers['sec-fetch-mode'] === 'navigate';
}

function given(
  { value, expiresIn, scopes }: Awaited<ReturnType<typeof browserToken>>,
  patientIdentifier: string,
): CallbackResponse {
  const audit: Audit = { event: 'issued', timestamp: now(), patientIdentifier, expiresIn };
  if (scopes) audit.scopes = scopes;
  return { ...answer(200, { access_token: value, token_type: 'Bearer', expires_in: expiresIn }), audit };
}

function rejected(reason: Reason, patientIdentifier?: string): CallbackResponse {
  const audit: Audit = { event: 'rejected', timestamp: now(), reason };
  if (patientIdentifier !== undefined) audit.patientIdentifier = patientIdentifier;
  return { ...answer(403, { error: 'access_denied' }), audit };
}

function answer(statusCode: number, body: object): CallbackResponse {
  return { statusCode, headers: answerHeaders, body: JSON.stringify(body) };
}

function now(): string {
  return new Date().toISOString();
}
