import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ApiClient } from '../../lib/api/client';
import { defaultScopes, scopesOf } from '../../lib/api/environments';
import { type ErrorCode, OnegevityError } from '../../lib/api/errors';
import type { OperationParameter } from '../../lib/api/operation';
import { asObject } from '../../lib/api/response';
import { isBrowserSafe } from '../../lib/auth/authorization-code';
import { answerRedirect, type RedirectAnswer } from '../../lib/auth/redirect';
import { StateStore } from '../../lib/auth/state';
import { findConfig, translated } from '../shared/config-node';
import { FieldReader, type Fields } from '../call/fields';
import { serveGet } from './http-route';
import { type FlowMessage, setError } from '../shared/message';
import { onMessage } from '../shared/on-message';
import { CallStatus } from '../shared/status';
import { type EndpointDef, UiKitEndpoint } from './endpoint';
import { serveLibrary } from './library';

export interface UiKitDef extends NodeDef, EndpointDef {
  config?: string;
  /** The most that a token for a browser may carry; `any`: whatever the vendor gives. */
  scopes?: string | string[];
  /** `patientIdentifier` */
  fields?: Fields;
}

const minute = 60_000;
const stateLimits = { lifetime: 5 * minute, capacity: 10_000, perPatient: 20 };

const patientParameter: OperationParameter = {
  name: 'patientIdentifier',
  in: 'argument',
  required: true,
  schema: { type: 'string', format: 'identifier' },
  source: 'payload.patientIdentifier',
};

/** Gives a page what the vendor's UI-Kit needs, and serves the redirect that brings the kit its token. */
export function buildUiKit(RED: NodeAPI, node: Node, def: UiKitDef): void {
  const config = findConfig(RED, def.config);
  let problem: OnegevityError | undefined;
  const status = new CallStatus(RED, node, config, () => problem?.code);
  const reader = new FieldReader(RED, node, def.fields ?? {});
  const states = new StateStore({ ...stateLimits, now: () => performance.now() });
  const context = () => ({ operation: 'authUIKit', environment: config?.environment ?? '' });
  let endpoint: UiKitEndpoint | undefined;
  const removals: (() => void)[] = [];
  const warnings = new Set<string>();
  let closed = false;

  const client = async (): Promise<ApiClient> => {
    if (!config || closed) throw new OnegevityError(config ? 'aborted' : 'no_config');
    return config.client();
  };

  const setProblem = (code: ErrorCode | undefined): void => {
    problem = code && translated(RED, new OnegevityError(code));
    if (problem) node.error(problem.message);
    status.idle();
  };

  const warnOnce = (key: string): void => {
    if (warnings.has(key)) return;
    warnings.add(key);
    node.warn(RED._(`warning.${key}`));
  };

  const report = ({ audit, fault }: RedirectAnswer): void => {
    if (closed || !audit) return;
    const msg: FlowMessage = { payload: audit, onegevity: context() };
    if (fault) {
      const error = translated(RED, fault);
      setError(msg, error);
      node.error(error, msg);
    }
    node.send([null, msg]);
  };

  const serve = async (
    { method = '', url = '', headers }: IncomingMessage,
    res: ServerResponse,
    scopes: readonly string[] | undefined,
  ): Promise<void> => {
    status.started();
    const answer = await answerRedirect({ method, url, headers }, { states, client, scopes });
    if (answer.fault) status.failed(answer.fault);
    else status.succeeded();
    report(answer);
    write(res, answer);
  };

  const preparePage = async (msg: FlowMessage): Promise<void> => {
    if (!config) throw new OnegevityError('no_config');
    if (problem || !endpoint) throw problem ?? config.problem() ?? new OnegevityError('no_config');
    const patientIdentifier = String(await reader.parameter(patientParameter, msg, true));
    if (!isBrowserSafe(patientIdentifier)) {
      throw new OnegevityError('bad_parameter', { values: { name: 'patientIdentifier' } });
    }
    if (isNamedByBrowser(msg, patientIdentifier)) warnOnce('namedByBrowser');
    const open = await client();
    const { root, clientId } = open.identity;
    const redirectUri = endpoint.uri(open, msg);
    const { error, requestId, page, ...kept } = asObject(msg.onegevity) ?? {};
    msg.onegevity = { ...kept, ...context(), params: { patientIdentifier } };
    msg.payload = {
      clientId,
      ogBasePath: root,
      redirectUri,
      patientId: patientIdentifier,
      state: states.issue({ patientIdentifier, redirectUri }),
    };
  };

  onMessage(RED, node, status, async (msg, send, turn) => {
    await preparePage(msg);
    await turn();
    send([msg, null]);
  });

  node.on('close', (done: () => void) => {
    closed = true;
    for (const remove of removals) remove();
    status.close();
    done();
  });

  status.idle();
  if (!config || config.problem()) return;
  try {
    const scopes = allowedScopes(def.scopes);
    endpoint = new UiKitEndpoint(RED, def, config);
    const handler = (req: IncomingMessage, res: ServerResponse) => {
      serve(req, res, scopes).catch(() => res.destroy());
    };
    const onChange = (serving: boolean) => setProblem(serving ? undefined : 'path_in_use');
    removals.push(
      serveGet(RED, endpoint.path, handler, onChange),
      serveLibrary(RED, endpoint.path, () => warnOnce('libraryMissing')),
    );
  } catch (fault) {
    problem = translated(RED, fault);
    node.error(problem.message);
    status.idle();
  }
}

/** @returns undefined for `any` @throws OnegevityError `env_not_set` */
function allowedScopes(value: string | string[] | undefined): readonly string[] | undefined {
  const scopes = scopesOf(value, () => defaultScopes);
  return scopes.length === 1 && scopes[0] === 'any' ? undefined : scopes;
}

/**
 * Whether the address that the browser asked for names the very patient: then whoever asks may have chosen. The
 * parsed query does not tell, since the core http in node hands it out as the payload, which flows change.
 */
function isNamedByBrowser(msg: FlowMessage, patientIdentifier: string): boolean {
  const address = asObject(msg.req)?.originalUrl;
  if (typeof address !== 'string') return false;
  const query = new URLSearchParams(/\?(.*)$/s.exec(address)?.[1] ?? '');
  return [...query.values()].includes(patientIdentifier);
}

function write(res: ServerResponse, { statusCode, headers, body }: RedirectAnswer): void {
  for (const name of res.getHeaderNames()) {
    if (name.startsWith('access-control-')) res.removeHeader(name);
  }
  res.writeHead(statusCode, headers).end(body);
}
