/** The faults that the sandbox can be told to have. This table is what the control route checks and the page shows. */
import { operations } from '../../generated/operations';
import { topics } from '../../generated/topics';

export interface FaultMember {
  name: string;
  type: 'number' | 'text';
  default?: number | string;
  min?: number;
  max?: number;
  about: string;
}

export interface FaultKind {
  name: string;
  /** What it befalls: calls of the API (or of the token endpoint by the operation `token`), token requests, deliveries. */
  area: 'api' | 'token' | 'webhook';
  about: string;
  members: readonly FaultMember[];
}

const number = (name: string, fallback: number, min: number, max: number, about: string): FaultMember => ({
  name,
  type: 'number',
  default: fallback,
  min,
  max,
  about,
});
const text = (name: string, about: string, fallback?: string): FaultMember => ({
  name,
  type: 'text',
  ...(fallback !== undefined && { default: fallback }),
  about,
});
const retryAfter = text('retryAfter', 'Retry-After header, as it is to be sent; empty: none');
const seconds = (about: string): FaultMember => number('seconds', 2, 0, 3600, about);

export const faultKinds = [
  {
    name: 'status',
    area: 'api',
    about: 'Answers with a status and does nothing',
    members: [number('status', 503, 300, 599, 'status code'), retryAfter],
  },
  {
    name: 'delay',
    area: 'api',
    about: 'Waits before anything else',
    members: [seconds('how long')],
  },
  {
    name: 'reset-before',
    area: 'api',
    about: 'Cuts the connection; nothing was done',
    members: [],
  },
  {
    name: 'reset-after',
    area: 'api',
    about: 'Does what was asked, then cuts the connection without an answer',
    members: [],
  },
  {
    name: 'slow-body',
    area: 'api',
    about: 'Sends the answer piece by piece',
    members: [seconds('for the whole body')],
  },
  {
    name: 'html',
    area: 'api',
    about: 'Answers with a web page, as a proxy would',
    members: [
      number('status', 200, 200, 599, 'status code'),
      text('contentType', 'Content-Type header', 'text/html'),
    ],
  },
  {
    name: 'body',
    area: 'api',
    about: 'Answers with a text of your own and does nothing',
    members: [
      number('status', 200, 200, 599, 'status code'),
      text('contentType', 'Content-Type header', 'application/json'),
      text('text', 'the body', 'null'),
    ],
  },
  {
    name: 'false-success',
    area: 'api',
    about: 'Answers 200 and does nothing',
    members: [text('text', 'the body', '{}')],
  },
  {
    name: 'wrong-record',
    area: 'api',
    about: 'Does what was asked, then answers with the identifiers of another record',
    members: [],
  },
  {
    name: 'compressed',
    area: 'api',
    about: 'Compresses the response; an encoding other than gzip, deflate and br is named only',
    members: [text('encoding', 'Content-Encoding header', 'gzip')],
  },
  {
    name: 'compressed-truncated',
    area: 'api',
    about: 'Sends the first half of the compressed response as if it were all',
    members: [text('encoding', 'Content-Encoding header', 'gzip')],
  },
  {
    name: 'large-headers',
    area: 'api',
    about: 'Adds a header of many bytes',
    members: [number('bytes', 20_000, 1, 1_000_000, 'length of the header')],
  },
  {
    name: 'truncated',
    area: 'api',
    about: 'Sends the first half of the JSON as if it were all',
    members: [],
  },
  {
    name: 'cut-off',
    area: 'api',
    about: 'Cuts the connection in the middle of the body',
    members: [],
  },
  {
    name: 'duplicate-response',
    area: 'api',
    about: 'Sends the response twice on the same connection',
    members: [],
  },
  {
    name: 'expired-token',
    area: 'api',
    about: 'The token of the call has expired',
    members: [],
  },
  {
    name: 'revoked-token',
    area: 'api',
    about: 'All tokens are revoked as the call arrives',
    members: [],
  },
  {
    name: 'rate-limit',
    area: 'api',
    about: 'Answers 429 beyond so many calls in a span of time',
    members: [number('calls', 10, 0, 100_000, 'calls in a span'), seconds('length of the span'), retryAfter],
  },
  {
    name: 'refused-credentials',
    area: 'token',
    about: 'Refuses id and secret although they are right',
    members: [],
  },
  {
    name: 'token-down',
    area: 'token',
    about: 'The token endpoint answers 503',
    members: [retryAfter],
  },
  {
    name: 'short-token',
    area: 'token',
    about: 'Gives tokens that live for a short time',
    members: [number('seconds', 1, 0, 3600, 'how long they live')],
  },
  {
    name: 'narrow-token',
    area: 'token',
    about: 'Gives tokens that have no scope and live for a short time',
    members: [number('seconds', 2, 0, 3600, 'how long they live')],
  },
  {
    name: 'webhook-duplicate',
    area: 'webhook',
    about: 'Delivers twice',
    members: [],
  },
  {
    name: 'webhook-drop',
    area: 'webhook',
    about: 'Never delivers',
    members: [],
  },
  {
    name: 'webhook-reorder',
    area: 'webhook',
    about: 'Delivers after the next event, whatever its endpoint',
    members: [number('seconds', 5, 0, 3600, 'how long to wait for a next event')],
  },
  {
    name: 'webhook-timeout',
    area: 'webhook',
    about: 'The receiver counts as too slow: hangs up without an answer and tries again',
    members: [number('seconds', 0.1, 0, 3600, 'patience after the body was sent')],
  },
  {
    name: 'webhook-slow',
    area: 'webhook',
    about: 'Sends the body piece by piece',
    members: [seconds('for the whole body')],
  },
  {
    name: 'webhook-abort',
    area: 'webhook',
    about: 'Cuts the connection in the middle of the body, and tries again',
    members: [],
  },
  {
    name: 'webhook-wrong-signature',
    area: 'webhook',
    about: 'Signs with another secret',
    members: [],
  },
  {
    name: 'webhook-changed-byte',
    area: 'webhook',
    about: 'Changes one byte after signing',
    members: [],
  },
] as const satisfies readonly FaultKind[];

export type FaultName = (typeof faultKinds)[number]['name'];

/** Something the sandbox is told to do wrong. */
export interface Fault {
  fault: FaultName;
  /** Only this operation (an operationId, or `token` for the token endpoint); by default every call of the API. */
  operation?: string;
  /** Webhook faults: only this topic. */
  topic?: string;
  /** For the next so many calls or deliveries; by default until it is removed. */
  times?: number;
  /** For this share of them, between 0 and 1, drawn from the seed. */
  share?: number;
  /** Lets so many pass first. */
  skip?: number;
  status?: number;
  seconds?: number;
  calls?: number;
  retryAfter?: string;
  contentType?: string;
  text?: string;
  encoding?: string;
  bytes?: number;
}

/** A fault as it is listed: complete with its defaults. */
export interface ActiveFault extends Fault {
  readonly id: string;
  /** How often it has been applied. */
  applied: number;
}

const common: readonly FaultMember[] = [
  { name: 'times', type: 'number', min: 1, max: 1_000_000, about: 'how often' },
  { name: 'share', type: 'number', min: 0, max: 1, about: 'which share' },
  { name: 'skip', type: 'number', min: 0, max: 1_000_000, about: 'how many pass first' },
];

export const kindOf = (name: string): FaultKind | undefined => faultKinds.find((kind) => kind.name === name);

export const apiOperations: readonly string[] = Object.values(operations)
  .filter(({ composedOf }) => !composedOf)
  .map(({ id }) => id);

/**
 * Checks what somebody asks for and fills in the defaults.
 * @returns The fault, or what is wrong with it.
 */
export function readFault(
  value: unknown,
): { fault: Fault } | { faults: { fieldName: string; message: string }[] } {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const kind = typeof given.fault === 'string' ? kindOf(given.fault) : undefined;
  if (!kind) {
    return { faults: [{ fieldName: 'fault', message: `must be one of: ${names(faultKinds).join(', ')}` }] };
  }
  const target =
    kind.area === 'webhook'
      ? { name: 'topic', choices: names(topics) }
      : { name: 'operation', choices: kind.area === 'token' ? ['token'] : [...apiOperations, 'token'] };
  const members = [...kind.members, ...common];
  const known = ['fault', target.name, ...names(members)];
  const faults = Object.keys(given)
    .filter((name) => !known.includes(name))
    .map((fieldName) => ({
      fieldName,
      message: `is not a member of this fault; it has: ${known.join(', ')}`,
    }));
  const targeted = given[target.name];
  if (targeted !== undefined && !target.choices.includes(targeted as string)) {
    faults.push({ fieldName: target.name, message: `must be one of: ${target.choices.join(', ')}` });
  }
  const fault: Record<string, unknown> = {
    fault: kind.name,
    ...(targeted !== undefined && { [target.name]: targeted }),
  };
  for (const member of members) {
    const read = readMember(member, given[member.name]);
    if (typeof read === 'object') faults.push({ fieldName: member.name, message: read.message });
    else if (read !== undefined) fault[member.name] = read;
  }
  return faults.length > 0 ? { faults } : { fault: fault as unknown as Fault };
}

const names = (list: readonly { name: string }[]): string[] => list.map(({ name }) => name);

function readMember(member: FaultMember, value: unknown): number | string | undefined | { message: string } {
  if (value === undefined) return member.default;
  if (member.type === 'text') {
    // A Retry-After in seconds is a number by nature.
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    return { message: 'must be a text' };
  }
  const { min = 0, max = Infinity } = member;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return { message: `must be a number from ${min} to ${max}` };
}
