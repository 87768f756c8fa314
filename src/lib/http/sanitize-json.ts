/** Deeper values overflow the stack of what flows do with messages (cloning, debug, functions). */
const maxDepth = 64;

/**
 * Removes members that would reach an object's prototype when a flow copies or merges the value.
 * @param value what JSON.parse gave
 * @param removed called for each member that was taken out
 * @returns false where the value is nested too deeply
 */
export function sanitize(value: unknown, removed: () => void): boolean {
  return !isObject(value) || isSafe(value, 1, removed);
}

function isSafe(value: object, depth: number, removed: () => void): boolean {
  if (depth > maxDepth) return false;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (
      key === '__proto__' ||
      (key === 'constructor' && isObject(member) && Object.hasOwn(member, 'prototype'))
    ) {
      delete members[key];
      removed();
    } else if (isObject(member) && !isSafe(member, depth + 1, removed)) {
      return false;
    }
  }
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
