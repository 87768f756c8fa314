import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a state stands for. */
export interface StateRecord {
  patientIdentifier: string;
  /** The redirect URI that the page was given: the exchange must name the same. */
  redirectUri: string;
}

/** Why a state is rejected. `used_state` is also one that had to leave because there were too many. */
export type StateFault = 'missing_state' | 'invalid_state' | 'expired_state' | 'used_state';

export interface StateOptions {
  /** Milliseconds a state can be redeemed. */
  lifetime: number;
  /** States kept at most; beyond it the oldest leaves. */
  capacity: number;
  /** States of one patient kept at most, so that one patient's reloads do not push out those of others. */
  perPatient: number;
  /** Milliseconds of a clock that never jumps. */
  now(): number;
}

const idBytes = 16;
const expiryBytes = 6;
const tagBytes = 32;
const bodyBytes = idBytes + expiryBytes + tagBytes;
const stateLength = Math.ceil(((bodyBytes + 32) * 4) / 3);

/**
 * The `state` values of one redirect endpoint (RFC 6749, 10.12). Each is signed (HMAC-SHA256) and bound to the
 * patient it was made for, lives for minutes and can be redeemed once. What travels in URLs is an identifier, an
 * expiry and two digests; the patient stays here.
 */
export class StateStore {
  readonly #key = randomBytes(32);
  /** In the order of their making, which is also that of their expiry. */
  readonly #open = new Map<string, StateRecord & { expiresAt: number }>();
  readonly #byPatient = new Map<string, Set<string>>();

  constructor(private readonly options: StateOptions) {}

  /** States that can be redeemed, or have expired unnoticed. */
  get size(): number {
    return this.#open.size;
  }

  /** Makes a state for a patient of whom the caller is sure. */
  issue(record: StateRecord): string {
    const now = this.options.now();
    for (const [key, { expiresAt }] of this.#open) {
      if (expiresAt > now) break;
      this.#drop(key);
    }
    const expiresAt = Math.ceil(now + this.options.lifetime);
    const head = Buffer.concat([randomBytes(idBytes), Buffer.alloc(expiryBytes)]);
    head.writeUIntBE(expiresAt, idBytes, expiryBytes);
    const body = Buffer.concat([head, this.#tag(head, record)]);
    this.#keep(keyOf(body), { ...record, expiresAt });
    return Buffer.concat([body, this.#hmac('state', body)]).toString('base64url');
  }

  /**
   * Takes a state out: whatever the caller then makes of it, it cannot be redeemed again.
   * @param state as it came from the browser
   */
  redeem(state: string): StateRecord | StateFault {
    if (state === '') return 'missing_state';
    if (state.length !== stateLength || !/^[\w-]+$/.test(state)) return 'invalid_state';
    const bytes = Buffer.from(state, 'base64url');
    const body = bytes.subarray(0, bodyBytes);
    if (!timingSafeEqual(bytes.subarray(bodyBytes), this.#hmac('state', body))) return 'invalid_state';
    if (body.readUIntBE(idBytes, expiryBytes) <= this.options.now()) return 'expired_state';
    const key = keyOf(body);
    const record = this.#open.get(key);
    if (!record) return 'used_state';
    this.#drop(key);
    const { patientIdentifier, redirectUri } = record;
    const tag = this.#tag(body.subarray(0, idBytes + expiryBytes), record);
    if (!timingSafeEqual(body.subarray(idBytes + expiryBytes), tag)) return 'invalid_state';
    return { patientIdentifier, redirectUri };
  }

  #keep(key: string, record: StateRecord & { expiresAt: number }): void {
    const mine = this.#byPatient.get(record.patientIdentifier) ?? new Set<string>();
    this.#byPatient.set(record.patientIdentifier, mine.add(key));
    this.#open.set(key, record);
    if (mine.size > this.options.perPatient) this.#dropFirst(mine);
    if (this.#open.size > this.options.capacity) this.#dropFirst(this.#open.keys());
  }

  #dropFirst(keys: Iterable<string>): void {
    for (const key of keys) {
      this.#drop(key);
      return;
    }
  }

  #drop(key: string): void {
    const record = this.#open.get(key);
    if (!record) return;
    this.#open.delete(key);
    const mine = this.#byPatient.get(record.patientIdentifier);
    mine?.delete(key);
    if (mine?.size === 0) this.#byPatient.delete(record.patientIdentifier);
  }

  #tag(head: Buffer, { patientIdentifier, redirectUri }: StateRecord): Buffer {
    return this.#hmac(
      'patient',
      Buffer.concat([head, Buffer.from(JSON.stringify([patientIdentifier, redirectUri]))]),
    );
  }

  /** @param purpose keeps one kind of digest from passing for the other */
  #hmac(purpose: 'state' | 'patient', data: Buffer): Buffer {
    return createHmac('sha256', this.#key).update(purpose).update('\0').update(data).digest();
  }
}

function keyOf(body: Buffer): string {
  return body.toString('base64url', 0, idBytes);
}
