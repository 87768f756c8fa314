import type { Context, Document, OpenAPIBackend } from 'openapi-backend';
import description from '../../generated/openapi.json';
import type { Auth, Grant } from '../http/auth';
import { ApiError, generalError, validationError, type FieldFault } from '../http/errors';
import type { SandboxEvent } from '../webhooks/events';
import type { Call, Handler, Reply, Services } from './call';
import { orderHandlers } from './orders';
import { packageHandlers } from './packages';
import { patientHandlers } from './patients';
import { recommendationHandlers } from './recommendations';
import { reportHandlers } from './reports';
import { surveyHandlers } from './surveys';

const operationHandlers: Readonly<Record<string, Handler>> = {
  ...patientHandlers,
  ...orderHandlers,
  ...packageHandlers,
  ...surveyHandlers,
  ...reportHandlers,
  ...recommendationHandlers,
};

/** The scopes of the OpenAPI description. */
export const scopes: readonly string[] = Object.keys(
  description.components.securitySchemes.oauth2.flows.clientCredentials.scopes,
);

/** The formats of the description, in the strict reading of RFC 3339. */
const formats = {
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !isNaN(Date.parse(text)),
  // What the nodes check before they send. What the vendor's server makes of such a text is not known.
  identifier: true as const,
};

export interface ApiRequest {
  method: string;
  /** As it came, with query, percent-encoding untouched. */
  url: string;
  headers: Record<string, string | string[]>;
  /** Parsed JSON, or undefined where nothing was sent. */
  body: unknown;
}

export interface Api {
  /** @returns the operationId of a request, or undefined where no operation is met */
  operationOf(method: string, url: string): string | undefined;
  /** Rejects with {@link ApiError} for every answer that is not a success. */
  call(request: ApiRequest): Promise<Reply & { events: SandboxEvent[] }>;
}

/**
 * Serves the operations of the OpenAPI description. Each call passes in this order: route, token, scope, validation,
 * handler, validation of the answer.
 */
export async function createApi(services: Services, auth: Auth): Promise<Api> {
  const { OpenAPIBackend } = await import('openapi-backend');
  const backend = new OpenAPIBackend({
    definition: description as unknown as Document,
    apiRoot: '/api/v1',
    // Validators are compiled when an operation is first called.
    quick: true,
    // A missing patientIdentifier must stay an error: it must not turn into the list of all patients.
    ignoreTrailingSlashes: false,
    ajvOpts: { allErrors: true, formats },
    handlers: {
      ...wrapped(services),
      notFound: () => Promise.reject(generalError(404, 'There is no such resource.')),
      methodNotAllowed: () => Promise.reject(generalError(405, 'This method is not served here.')),
      validationFail: (context: Context) => Promise.reject(invalid(context)),
      postRoutingHandler: (context: Context) => authorize(context, auth),
    },
  });
  await backend.init();
  routeQuickly(backend);
  const operationOf = (method: string, url: string): string | undefined => {
    try {
      return backend.matchOperation({ method, path: url.split('?')[0] ?? '', headers: {} })?.operationId;
    } catch {
      return undefined;
    }
  };
  const call: Api['call'] = async ({ url, ...request }) => {
    const [path = '', query = ''] = url.split(/\?(.*)/s);
    const events: SandboxEvent[] = [];
    const check = (status: number, body: unknown): void => {
      const operation = operationOf(request.method, url);
      if (operation !== undefined) checkAnswer(backend, operation, status, body);
    };
    try {
      const reply = (await backend.handleRequest({ ...request, path, query }, events)) as Reply;
      check(reply.status, reply.body);
      return { ...reply, events };
    } catch (error) {
      if (error instanceof URIError) throw generalError(400, 'The path is not well encoded.');
      if (error instanceof ApiError) check(error.status, error.body);
      throw error;
    }
  };
  return { operationOf, call };
}

/**
 * The sandbox keeps to the description too: an answer that does not is its own failure.
 * @throws ApiError 500
 */
function checkAnswer(backend: OpenAPIBackend, operationId: string, status: number, body: unknown): void {
  const { errors } = backend.validateResponse(body, operationId, status);
  if (!errors?.length) return;
  const texts = errors.map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`.trim());
  throw generalError(500, `The sandbox made an answer that is not valid: ${texts.join('; ')}.`);
}

function wrapped(services: Services): Record<string, (context: Context, events: SandboxEvent[]) => Reply> {
  const entries = Object.entries(operationHandlers).map(([operationId, handler]) => {
    const serve = ({ request }: Context, events: SandboxEvent[]): Reply => {
      const params = request.params as Call['params'];
      const query = request.query as Call['query'];
      return handler({ services: services, params, query, body: request.requestBody as unknown, events });
    };
    return [operationId, serve] as const;
  });
  return Object.fromEntries(entries);
}

/** Throws 401 without a valid token, 403 for a scope or patient that the token does not open. */
function authorize({ operation, request }: Partial<Context>, auth: Auth): void {
  if (!operation || !request) return;
  const { authorization } = request.headers as Record<string, unknown>;
  const grant = auth.check(typeof authorization === 'string' ? authorization : undefined);
  const needed = operation.security?.flatMap((requirement) => Object.values(requirement).flat()) ?? [];
  const missing = needed.filter((scope) => !grant.scopes.includes(scope));
  if (missing.length > 0) {
    throw generalError(403, `The access token lacks the scope ${missing.join(' ')}.`, {
      'www-authenticate': `Bearer error="insufficient_scope", scope="${needed.join(' ')}"`,
    });
  }
  if (!opens(grant, operation.path, request.params as Record<string, string>)) {
    throw generalError(403, 'The access token was issued for another patient.');
  }
}

function opens(grant: Grant, path: string, params: Record<string, string>): boolean {
  if (grant.patientIdentifier === undefined || !path.startsWith('/patients')) return true;
  return (
    path.startsWith('/patients/agreement-documents') || params.patientIdentifier === grant.patientIdentifier
  );
}

/** The vendor's recommendations client knows the general error only. */
function invalid({ operation, validation }: Context): ApiError {
  const faults = (validation.errors ?? []).map(fault);
  if (operation.tags?.includes('recommendations')) {
    const texts = faults.map(({ fieldName, message }) => `${fieldName} ${message}`.trim());
    return generalError(400, `The request is not valid: ${texts.join('; ')}.`);
  }
  return validationError(400, {
    globalErrors: faults.filter(({ fieldName }) => fieldName === '').map(({ message }) => message),
    fieldErrors: faults.filter(({ fieldName }) => fieldName !== ''),
  });
}

type SchemaError = NonNullable<Context['validation']['errors']>[number];

/** `/requestBody/kitActivations/0` + missing `activationCode` becomes `kitActivations[0].activationCode`. */
function fault({ instancePath, params, message = 'is not valid', keyword }: SchemaError): FieldFault {
  const { missingProperty, additionalProperty } = params as Record<string, string | undefined>;
  if (missingProperty === 'requestBody') return { fieldName: '', message: 'A JSON body is required.' };
  const [, , ...steps] = instancePath.split('/');
  const last = missingProperty ?? additionalProperty;
  const fieldName = [...steps, ...(last === undefined ? [] : [last])]
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce((name, step) => (/^\d+$/.test(step) ? `${name}[${step}]` : `${name}.${step}`), '')
    .replace(/^\./, '');
  if (keyword === 'required') return { fieldName, message: 'is required' };
  return { fieldName, message: keyword === 'additionalProperties' ? 'is not a documented member' : message };
}

/** The router lists all operations anew several times in each request; they never change. */
function routeQuickly({ router }: OpenAPIBackend): void {
  const operations = router.getOperations();
  router.getOperations = () => operations;
}
