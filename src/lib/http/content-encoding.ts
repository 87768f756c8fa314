import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';

/** The encodings that are undone. The signature of a webhook is always over the bytes as they were sent. */
export type Encoding = 'identity' | 'gzip' | 'deflate' | 'br';

export type Decompressed = Buffer | 'too_large' | 'bad_encoding';

const names: Readonly<Record<string, Encoding>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
};

/** What a request accepts: all that {@link decode} undoes. */
export const acceptEncoding = 'gzip, deflate, br';

/** Two are rare, and more have no use but to make work: each is undone separately. */
const mostEncodings = 3;

/** @returns the encoding that the header names, or undefined for an unknown one or a chain of several */
export function encodingOf(header: string | undefined): Encoding | undefined {
  if (header === undefined) return 'identity';
  const name = header.toLowerCase();
  return Object.hasOwn(names, name) ? names[name] : undefined;
}

/** How many bodies are inflated at once: each may need as much memory as a body may have. */
const atOnce = 2;
let running = 0;
const waiting: (() => void)[] = [];

/**
 * Undoes a content encoding, to no more than a limit: decoding stops there, however much was packed into few bytes.
 * Of a webhook to be called for verified bodies only.
 * @param limit bytes
 * @param started called when its turn has come
 */
export async function decompress(
  body: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  limit: number,
  started: () => void = () => undefined,
): Promise<Decompressed> {
  while (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  started();
  try {
    return await inflateTo(body, encoding, limit);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

function inflateTo(
  body: Buffer,
  encoding: Exclude<Encoding, 'identity'>,
  limit: number,
): Promise<Decompressed> {
  switch (encoding) {
    case 'gzip':
      return run(gunzip, body, limit);
    case 'br':
      return run(brotliDecompress, body, limit);
    case 'deflate':
      // "deflate" means zlib's format, yet some send it without zlib's header, whose first half-byte is always 8.
      return run(((body[0] ?? 0) & 0x0f) === 8 ? inflate : inflateRaw, body, limit);
  }
}

/**
 * Undoes all encodings that a header names, the last one first. Each step's result has to stay within the limit. Names
 * of other things are passed over: servers write "utf-8" or "none" there, and what is packed indeed is no JSON anyway.
 * @param header `Content-Encoding`; the names of several are separated by commas
 * @param limit bytes
 */
export async function decode(body: Buffer, header: string, limit: number): Promise<Decompressed> {
  const encodings = header.split(',').map((name) => encodingOf(name.trim()));
  if (encodings.length > mostEncodings) return 'bad_encoding';
  let result = body;
  for (const encoding of encodings.reverse()) {
    // Nothing packed is nothing: some servers name an encoding and send no body.
    if (encoding === undefined || encoding === 'identity' || result.length === 0) continue;
    const next = await decompress(result, encoding, limit);
    if (typeof next === 'string') return next;
    result = next;
  }
  return result;
}

type Inflate = (
  body: Buffer,
  options: ZlibOptions,
  done: (error: Error | null, result: Buffer) => void,
) => void;

function run(inflate: Inflate, body: Buffer, limit: number): Promise<Decompressed> {
  return new Promise((resolve) => {
    inflate(body, { maxOutputLength: limit }, (error, result) => {
      if (!error) resolve(result);
      else
        resolve(
          (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'bad_encoding',
        );
    });
  });
}
