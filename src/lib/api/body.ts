import type { ErrorObject, ValidateFunction } from 'ajv';
import { type FieldError, OnegevityError, validationError } from '../errors';
import { badIdentifier, faultyIdentifiers } from '../onegevity/identifier';
import type { OperationBody } from './operation';
import { asObject, documentedPath } from '../http/response';

const validators = new Map<string, ValidateFunction>();

/**
 * Checks a body before it is sent. A model that the vendor documents is checked whole: unknown members rejected,
 * required ones named. Of any other model only that it is a JSON object or list is known.
 * Identifiers are checked in every body.
 * @throws OnegevityError `bad_body` or `bad_identifier`, whose text names members and never holds a value
 */
export async function checkBody(model: OperationBody, body: unknown): Promise<void> {
  if (body === undefined) {
    if (model.required) throw new OnegevityError('bad_body', { values: { name: '-' } });
    return;
  }
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) {
    throw new OnegevityError('bad_body', { values: { name: 'JSON?' } });
  }
  if (!model.strict) {
    if (model.required && Object.keys(body).length === 0)
      throw new OnegevityError('bad_body', { values: { name: '-' } });
  } else {
    const validate = validators.get(model.schema) ?? (await compile(model.schema));
    if (!validate(body)) throw validationError(fieldErrorsOf(validate.errors ?? []));
  }
  checkIdentifiers(body);
}

/**
 * The way to an identifier may be data, such as the keys of a map that goes by name, so the text has what is documented.
 * @throws OnegevityError `bad_identifier`, or `bad_body` for one that is neither text nor a whole number
 */
function checkIdentifiers(body: object): void {
  const faults = faultyIdentifiers(body);
  const odd = faults.filter(({ message }) => message === 'type');
  if (odd.length > 0) throw validationError(odd, documentedPath);
  const [first] = faults;
  if (first) throw badIdentifier(faults, documentedPath(first.fieldName));
}

async function compile(schema: string): Promise<ValidateFunction> {
  const { Ajv } = await import('ajv');
  const { default: description } = await import('../../generated/openapi.json', { with: { type: 'json' } });
  // OpenAPI 3.0 adds words (nullable, discriminator, example) that JSON Schema does not have.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false, logger: false });
  ajv.addSchema({ $id: 'openapi', components: description.components });
  const validate = ajv.compile({ $ref: `openapi#/components/schemas/${schema}` });
  validators.set(schema, validate);
  return validate;
}

/** @returns each faulty member once, with the word of JSON Schema that it breaks */
function fieldErrorsOf(errors: readonly ErrorObject[]): Required<FieldError>[] {
  const faults = errors.map(({ instancePath, keyword, params }) => {
    const at = instancePath.slice(1).replaceAll('/', '.');
    const { missingProperty, additionalProperty } = params as Record<string, string | undefined>;
    if (missingProperty) return { fieldName: join(at, missingProperty), message: 'required' };
    if (additionalProperty) return { fieldName: join(at, additionalProperty), message: 'unknown' };
    return { fieldName: at || 'payload', message: keyword };
  });
  return faults.filter(({ fieldName }, i) => faults.findIndex((one) => one.fieldName === fieldName) === i);
}

function join(at: string, name: string): string {
  return at ? `${at}.${name}` : name;
}

/**
 * Whether a value is a webhook event as the vendor sends it: sending it on as the body of a write is a mistake
 * in the wiring.
 * @param fromWebhook the message came from the webhook node: members the vendor may have added do not hide it
 */
export function isWebhookEvent(
  value: unknown,
  topics: readonly { members: readonly string[] }[],
  fromWebhook: boolean,
): boolean {
  const event = asObject(value);
  if (!event || !('id' in event)) return false;
  const size = Object.keys(event).length - 1;
  return topics.some(
    ({ members }) => members.every((name) => name in event) && (fromWebhook || members.length === size),
  );
}
