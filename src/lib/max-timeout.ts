/** Milliseconds: setTimeout takes no more, and would fire at once. */
export const MAX_TIMEOUT_MS = 2 ** 31 - 1;
