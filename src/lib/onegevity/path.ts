import { OnegevityError } from '../errors';
import { requireIdentifier } from './identifier';

/**
 * Encodes an identifier as exactly one path segment.
 * @param name the parameter's name, for the error
 * @throws OnegevityError `missing_parameter` for undefined, null or blank text; `bad_identifier` for a text that cannot
 *   be one; `bad_parameter` for what is neither text nor a whole number
 */
export function pathSegment(name: string, value: unknown): string {
  if (value === undefined || value === null || (typeof value === 'string' && value.trim() === ''))
    throw new OnegevityError('missing_parameter', { values: { name } });
  return encodeURIComponent(requireIdentifier(name, value));
}

/** Text of a path or query value; arrays are joined with commas, as the vendor's clients do. */
export function parameterText(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value)))
    return String(value);
  if (Array.isArray(value)) return value.map((item) => parameterText(name, item)).join(',');
  throw new OnegevityError('bad_parameter', { values: { name } });
}

/**
 * Fills a template such as `/patients/{patientIdentifier}`.
 * @throws OnegevityError `missing_parameter`, `bad_identifier`, `bad_parameter`
 */
export function fillPath(template: string, params: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => pathSegment(name, params[name]));
}

/**
 * @param params by name, or as pairs where a name may come more than once
 * @returns `?a=b&…` of all values that are present, or an empty string
 */
export function queryString(
  params: Readonly<Record<string, unknown>> | readonly (readonly [string, unknown])[],
): string {
  const pairs: readonly (readonly [string, unknown])[] = Array.isArray(params)
    ? params
    : Object.entries(params);
  const present = pairs
    .map(([name, value]) => [name, parameterText(name, value)])
    .filter(([, text]) => text !== '');
  return present.length === 0 ? '' : `?${new URLSearchParams(present).toString()}`;
}
