import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { KEY_BYTES } from './key-length';
import { OnegevityError } from '../errors';

const version = 1;
const nameLength = 8;
const nonceLength = 12;
const noncesAtOnce = 256;
const tagLength = 16;
const headerLength = 2 + nameLength;
const prefixLength = headerLength + nonceLength + tagLength;

interface Key {
  name: Buffer;
  encryption: Buffer;
  hashing: Buffer;
}

export type Unsealed = { mark: number; content: Buffer } | { problem: 'damaged' | 'unknown_key' };

/**
 * Encrypts records with AES-256-GCM under the current key, and reads those of the current and the previous key.
 * A record says which key it needs by a fingerprint, so keys need no names of their own.
 *
 * Layout: version, mark, name of the key, nonce, tag, encrypted content. The tag also covers the record's id, so a
 * record cannot be passed off as another.
 */
export class Keyring {
  readonly #keys: readonly Key[];
  /** Random bytes in stock: one request for many costs much less than many. */
  #random = Buffer.alloc(0);

  /**
   * @param current {@link KEY_BYTES} bytes as base64 or hex
   * @param previous as `current`, or empty
   * @throws OnegevityError `inbox_key_missing`, `inbox_key_bad`
   */
  constructor(current: string | undefined, previous?: string) {
    if (!current?.trim()) throw new OnegevityError('inbox_key_missing');
    this.#keys = [current, ...(previous?.trim() ? [previous] : [])].map(keyOf);
  }

  /** @returns a new key, as the constructor takes it */
  static generate(): string {
    return randomBytes(KEY_BYTES).toString('base64');
  }

  /** @param mark a byte that can be read without the key, and is protected by the tag */
  seal(id: string, content: Buffer, mark = 0): Buffer {
    const key = this.#keys[0]!;
    const nonce = this.#nonce();
    const cipher = createCipheriv('aes-256-gcm', key.encryption, nonce);
    const record = Buffer.allocUnsafe(prefixLength + content.length);
    record[0] = version;
    record[1] = mark;
    key.name.copy(record, 2);
    cipher.setAAD(associated(record, id));
    nonce.copy(record, headerLength);
    cipher.update(content).copy(record, prefixLength);
    cipher.final();
    cipher.getAuthTag().copy(record, headerLength + nonceLength);
    return record;
  }

  unseal(id: string, record: Buffer): Unsealed {
    if (record.length < prefixLength || record[0] !== version) return { problem: 'damaged' };
    const header = record.subarray(0, headerLength);
    const key = this.#keys.find(({ name }) => name.equals(header.subarray(2)));
    if (!key) return { problem: 'unknown_key' };
    const nonce = record.subarray(headerLength, headerLength + nonceLength);
    const decipher = createDecipheriv('aes-256-gcm', key.encryption, nonce, { authTagLength: tagLength });
    decipher.setAAD(associated(record, id));
    decipher.setAuthTag(record.subarray(headerLength + nonceLength, prefixLength));
    try {
      const content = Buffer.concat([decipher.update(record.subarray(prefixLength)), decipher.final()]);
      return { mark: record[1]!, content };
    } catch {
      return { problem: 'damaged' };
    }
  }

  #nonce(): Buffer {
    if (this.#random.length < nonceLength) this.#random = randomBytes(noncesAtOnce * nonceLength);
    const nonce = this.#random.subarray(0, nonceLength);
    this.#random = this.#random.subarray(nonceLength);
    return nonce;
  }

  /** Hashes of a text that cannot be reversed by trying likely texts: of the current key, then of the previous. */
  hashes(text: string): string[] {
    return this.#keys.map(({ hashing }) => createHmac('sha256', hashing).update(text).digest('base64url'));
  }
}

/** What the tag covers beside the content: the record's header, and its id. */
function associated(record: Buffer, id: string): Buffer {
  const data = Buffer.allocUnsafe(headerLength + Buffer.byteLength(id));
  record.copy(data, 0, 0, headerLength);
  data.write(id, headerLength);
  return data;
}

const hexKey = new RegExp(`^[0-9a-f]{${2 * KEY_BYTES}}$`, 'i');
const base64Key = new RegExp(
  `^[A-Za-z0-9+/]{${Math.ceil((KEY_BYTES * 4) / 3)}}={0,${(3 - (KEY_BYTES % 3)) % 3}}$`,
);

function keyOf(text: string): Key {
  const trimmed = text.trim();
  const secret = hexKey.test(trimmed)
    ? Buffer.from(trimmed, 'hex')
    : base64Key.test(trimmed)
      ? Buffer.from(trimmed, 'base64')
      : undefined;
  if (!secret) throw new OnegevityError('inbox_key_bad');
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, '', `onegevity inbox ${use}`, 32));
  return {
    name: createHash('sha256').update(derive('name')).digest().subarray(0, nameLength),
    encryption: derive('encryption'),
    hashing: derive('hashing'),
  };
}
