const catalogue = '@lowcode-health/node-red-onegevity/onegevity-config:';

/** Translates a key of the catalogue that all node types share. */
export function shared(key: string, values: Record<string, string | number> = {}): string {
  return RED._(catalogue + key, values);
}

/** @returns the translation, or undefined where the catalogue has no such key */
export function sharedIfAny(key: string): string | undefined {
  const text = RED._(catalogue + key);
  return text === catalogue + key || text === key ? undefined : text;
}

/** A saved property as a text; flows written by hand may hold anything. */
export function asText(value: unknown, fallback = ''): string {
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : fallback;
}
