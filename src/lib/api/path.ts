import { OnegevityError } from './errors';

/**
 * Encodes a value as exactly one path segment, `.` and `..` included.
 * @param name the parameter's name, for the error
 * @throws OnegevityError `missing_parameter` for undefined, null or blank text; `bad_parameter` for what is
 *   neither text nor a finite number
 */
export function pathSegment(name: string, value: unknown): string {
  const text = parameterText(name, value);
  if (text.trim() === '') throw new OnegevityError('missing_parameter', { values: { name } });
  if (Array.isArray(value)) throw new OnegevityError('bad_parameter', { values: { name } });
  if (text === '.' || text === '..') return text.replaceAll('.', '%2E');
  try {
    return encodeURIComponent(text);
  } catch {
    // half of a surrogate pair
    throw new OnegevityError('bad_parameter', { values: { name } });
  }
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
 * @throws OnegevityError `missing_parameter`, `bad_parameter`
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
