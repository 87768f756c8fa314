import { type ErrorCode, OnegevityError } from '../../errors';

/** By what the server, the client and the operating system say. The first one that fits counts. */
const causes: readonly (readonly [RegExp, ErrorCode])[] = [
  // The server is at its `maxmemory`.
  [/\bOOM\b/, 'redis_full'],
  // It cannot write its snapshot or its log, and accepts nothing more.
  [/\bMISCONF\b/, 'redis_not_saving'],
  [/\bNOREPLICAS\b/, 'redis_no_replicas'],
  [/\bREADONLY\b|\bMASTERDOWN\b/, 'redis_read_only'],
  [/\bLOADING\b/, 'redis_loading'],
  [
    /\b(MOVED|ASK) \d+ |\bCROSSSLOT\b|\bCLUSTERDOWN\b|\bTRYAGAIN\b|not allowed in cluster mode/,
    'redis_cluster',
  ],
  [/\bDENIED\b/, 'redis_protected'],
  [/\b(WRONGPASS|NOAUTH)\b|\bERR AUTH\b|invalid password/, 'redis_login'],
  [/max number of clients/, 'redis_connections'],
  [/DB index/, 'redis_database'],
  // The last two are what a script is told.
  [/\bNOPERM\b|can't run this command|can't access/, 'redis_denied'],
  // A Sentinel has no databases to choose from.
  [/unknown command .?select\b/i, 'redis_sentinel'],
  [/unknown command|unknown subcommand|Unknown Redis command/i, 'redis_too_old'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|\bERR_(TLS|SSL|OSSL|CRYPTO)|\bEPROTO\b|TLS connection|RESP type/,
    'redis_tls',
  ],
  [
    /\bE(CONN(REFUSED|RESET|ABORTED)|(HOST|NET)(UNREACH|DOWN)|ADDRNOTAVAIL|TIMEDOUT|PIPE|NOTFOUND|AI_AGAIN)\b/,
    'redis_unreachable',
  ],
  // A firewall on this computer.
  [/\bconnect (EACCES|EPERM)\b/, 'redis_unreachable'],
  [/\b(Socket (closed|timeout)|Connection timeout|client is closed)\b/i, 'redis_unreachable'],
  // The last one: what a script finds is not what it has stored. Every error in a script names the script.
  [/\b(NOGROUP|WRONGTYPE)\b|\buser_script\b/, 'redis_damaged'],
];

/**
 * What a failed command or connection means for the inbox. The words of client and server stay here: they may quote an
 * address, a user or what was sent.
 */
export function faultOf(error: unknown): OnegevityError {
  if (error instanceof OnegevityError) return error;
  const words = wordsOf(error);
  const [, code = 'inbox_unavailable'] = causes.find(([pattern]) => pattern.test(words)) ?? [];
  return new OnegevityError(code);
}

/** Of an error and those behind it, and of one for each address that was tried. */
function wordsOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error) || depth > 4) return '';
  const { code } = error as { code?: unknown };
  const others = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return [
    typeof code === 'string' ? code : '',
    error.message,
    ...[error.cause, ...others].map((other) => wordsOf(other, depth + 1)),
  ].join('\n');
}
