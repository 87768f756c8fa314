/** Bytes of an inbox key. The editor makes keys, too. */
export const KEY_BYTES = 32;
