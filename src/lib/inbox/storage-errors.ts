import { type ErrorCode, OnegevityError } from '../errors';

/** By what the operating system, Node.js, the loader of native modules and LevelDB say. The first one that fits counts. */
const causes: readonly (readonly [RegExp, ErrorCode])[] = [
  // LevelDB calls every failure to lock by the same name.
  [
    /\bENOLCK\b|: lock [^]*: (No locks available|Operation not supported|Function not implemented)/,
    'inbox_no_locks',
  ],
  [/\bLEVEL_LOCKED\b/, 'inbox_locked'],
  [/\bLEVEL_CORRUPTION\b/, 'inbox_damaged'],
  // The loader's reason may be a missing file or permission.
  [
    /\b(MODULE_NOT_FOUND|ERR_MODULE_NOT_FOUND|ERR_DLOPEN_FAILED)\b|No native build was found/,
    'inbox_module_missing',
  ],
  [/\b(ENOSPC|EDQUOT|EFBIG)\b|No space left|quota exceeded|File too large/i, 'inbox_disk_full'],
  [
    /\b(EACCES|EPERM|EROFS)\b|Permission denied|Operation not permitted|Read-only file system/i,
    'inbox_no_permission',
  ],
  [/\b(EMFILE|ENFILE)\b|Too many open files/i, 'inbox_too_many_files'],
  [
    /\b(EIO|ENODEV|ENXIO|ENOTCONN|ESTALE|EUCLEAN)\b|Input\/output error|No such device|Stale file handle|not connected|needs cleaning/i,
    'inbox_disk_fault',
  ],
  [
    /\b(ENOENT|ENOTDIR|EEXIST|ENAMETOOLONG|ELOOP)\b|No such file|Not a directory|File exists|File name too long|symbolic links/i,
    'inbox_bad_folder',
  ],
];

/** What a failure of the local storage means. The words of the system stay here, since they may hold anything. */
export function storageFault(error: unknown, folder: string): OnegevityError {
  if (error instanceof OnegevityError) return error;
  const words = wordsOf(error);
  const [, code = 'inbox_unavailable'] = causes.find(([pattern]) => pattern.test(words)) ?? [];
  return new OnegevityError(code, { values: { folder } });
}

/** LevelDB's fault is the cause of the error that tells that the database is not open. */
function wordsOf(error: unknown): string {
  const words: string[] = [];
  for (let fault = error, depth = 0; fault instanceof Error && depth < 5; fault = fault.cause, depth++) {
    const { code } = fault as { code?: unknown };
    words.push(typeof code === 'string' ? code : '', fault.message);
  }
  return words.join('\n');
}
