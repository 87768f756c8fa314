import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ApiClient } from '../../lib/api/client';
import { defaultScopes, scopesOf } from '../../lib/onegevity/environments';
import { type ErrorCode, OnegevityError } from '../../lib/errors';
import type { OperationParameter } from '../../lib/api/operation';
import { pathSegment } from '../../lib/onegevity/path';
import { asObject } from '../../lib/http/response';
import { isBrowserSafe } from '../../lib/oauth/authorization-code';
import { handleCallback, type CallbackResponse } from '../../lib/oauth/callback';
import { StateStore } from '../../lib/oauth/state-store';
import { RateLimit } from '../../lib/webhook/rate-limit';
import { ConfigLink } from '../shared/config-link';
import { type ConfigNode, translated } from '../shared/config-node';
import { FieldReader, type Fields } from '../action/fields';
import { serveGet } from './http-route';
import { type FlowMessage, setError } from '../shared/message';
import { onMessage } from '../shared/on-message';
import { CallStatus } from '../shared/status';
import { type EndpointDef, UiKitEndpoint } from './endpoint';
import { serveLibrary } from './library';

export interface UiKitDef extends NodeDef, EndpointDef {
  config?: string;
  /** The most that a token for a browser may carry; `any`: whatever the vendor gives, also without saying what. */
  scopes?: string | string[];
  /** `patientIdentifier` */
  fields?: Fields;
}

/** What serves one configuration. */
interface Open {
  config: ConfigNode;
  endpoint: UiKitEndpoint;
  states: StateStore;
  /** Undefined for any. */
  scopes: readonly string[] | undefined;
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
  const link = new ConfigLink(RED, node, def.config);
  let problem: OnegevityError | undefined;
  const status = new CallStatus(RED, node, link, () => problem?.code);
  const reader = new FieldReader(RED, node, def.fields ?? {});
  let open: Open | undefined;
  const warnings = new Set<string>();
  /** Of those who name no patient: anybody can send any number of such requests. */
  const rejections = new RateLimit(5, 1);
  let closed = false;

  const context = ({ environment }: ConfigNode) => ({
    operation: 'authUIKit',
    environment: environment ?? '',
  });

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

  const report = ({ audit, fault }: CallbackResponse, config: ConfigNode): void => {
    if (closed || !audit) return;
    const anonymous = audit.event === 'rejected' && audit.patientIdentifier === undefined;
    const suppressed = anonymous ? rejections.tryAcquire() : 0;
    if (suppressed === undefined) return;
    const payload = anonymous ? { ...audit, suppressed } : audit;
    const msg: FlowMessage = { payload, onegevity: context(config) };
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
    { config, states, scopes }: Open,
  ): Promise<void> => {
    // A request that names no patient leads to no call, and must not change what the status shows.
    let calling = false;
    const client = async (): Promise<ApiClient> => {
      calling = true;
      status.started();
      if (closed) throw new OnegevityError('aborted');
      return config.client();
    };
    const answer = await handleCallback({ method, url, headers }, { states, client, scopes });
    if (calling && answer.fault) status.failed(answer.fault);
    else if (calling) status.succeeded();
    report(answer, config);
    write(res, answer);
  };

  const preparePage = async (msg: FlowMessage): Promise<void> => {
    const config = await link.use();
    if (problem || open?.config !== config)
      throw problem ?? config.problem() ?? new OnegevityError('no_config');
    const { endpoint, states } = open;
    const patientIdentifier = String(await reader.parameter(patientParameter, msg, true));
    pathSegment(patientParameter.name, patientIdentifier);
    if (!isBrowserSafe(patientIdentifier)) {
      throw new OnegevityError('bad_parameter', { values: { name: 'patientIdentifier' } });
    }
    if (isNamedByBrowser(msg, patientIdentifier)) warnOnce('namedByBrowser');
    const client = await config.client();
    const { root, clientId } = client.identity;
    const redirectUri = endpoint.uri(client, msg);
    const { error, requestId, page, ...kept } = asObject(msg.onegevity) ?? {};
    msg.onegevity = { ...kept, ...context(config), params: { patientIdentifier } };
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

  node.on('close', () => {
    closed = true;
    status.close();
  });

  /** Serves the redirect of one configuration. @returns its end */
  const serveWith = (config: ConfigNode): (() => void) => {
    const removals: (() => void)[] = [];
    const end = (): void => {
      open = undefined;
      for (const remove of removals) remove();
    };
    try {
      const serving: Open = {
        config,
        endpoint: new UiKitEndpoint(RED, def, config),
        // A code that one environment gave must not be sent to another.
        states: new StateStore({ ...stateLimits, now: () => performance.now() }),
        scopes: allowedScopes(def.scopes),
      };
      open = serving;
      const handler = (req: IncomingMessage, res: ServerResponse) => {
        serve(req, res, serving).catch(() => res.destroy());
      };
      const onChange = (first: boolean) => setProblem(first ? undefined : 'path_in_use');
      removals.push(
        serveGet(RED, serving.endpoint.path, handler, onChange),
        serveLibrary(RED, serving.endpoint.path, () => warnOnce('libraryMissing')),
      );
    } catch (fault) {
      problem = translated(RED, fault);
      node.error(problem.message);
    }
    return end;
  };

  link.onEach((config) => {
    problem = undefined;
    const end = config?.environment ? serveWith(config) : undefined;
    status.idle();
    return end;
  });
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

function write(res: ServerResponse, { statusCode, headers, body }: CallbackResponse): void {
  for (const name of res.getHeaderNames()) {
    if (name.startsWith('access-control-')) res.removeHeader(name);
  }
  res.writeHead(statusCode, headers).end(body);
}
