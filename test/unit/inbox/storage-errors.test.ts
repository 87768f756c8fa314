import assert from 'node:assert/strict';
import { OnegevityError } from '../../../src/lib/errors';
import { storageFault } from '../../../src/lib/inbox/storage-errors';

/** As abstract-level throws it: the cause says what LevelDB said. */
function levelError(code: string, message: string): Error {
  const cause = Object.assign(new Error(message), { code });
  return Object.assign(new Error('Database failed to open', { cause }), { code: 'LEVEL_DATABASE_NOT_OPEN' });
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: something, mkdir '/home/clinic/.node-red'`), { code });
}

describe('a failure of the storage on disk', () => {
  const io = (what: string) => levelError('LEVEL_IO_ERROR', `IO error: /inbox/000005.log: ${what}`);
  const cases: [error: unknown, code: string][] = [
    [
      levelError('LEVEL_LOCKED', 'IO error: lock /inbox/LOCK: Resource temporarily unavailable'),
      'inbox_locked',
    ],
    [levelError('LEVEL_CORRUPTION', 'Corruption: block checksum mismatch'), 'inbox_damaged'],
    [levelError('LEVEL_LOCKED', 'IO error: lock /inbox/LOCK: already held by process'), 'inbox_locked'],
    [levelError('LEVEL_LOCKED', 'IO error: lock /inbox/LOCK: No locks available'), 'inbox_no_locks'],
    [levelError('LEVEL_LOCKED', 'IO error: lock /inbox/LOCK: Operation not supported'), 'inbox_no_locks'],
    [levelError('LEVEL_LOCKED', 'IO error: lock /inbox/LOCK: Function not implemented'), 'inbox_no_locks'],
    [io('Stale file handle'), 'inbox_disk_fault'],
    [io('Transport endpoint is not connected'), 'inbox_disk_fault'],
    [io('No such device'), 'inbox_disk_fault'],
    [io('Structure needs cleaning'), 'inbox_disk_fault'],
    [io('Too many levels of symbolic links'), 'inbox_bad_folder'],
    [
      Object.assign(new Error('failed to map segment from shared object: Operation not permitted'), {
        code: 'ERR_DLOPEN_FAILED',
      }),
      'inbox_module_missing',
    ],
    [io('No space left on device'), 'inbox_disk_full'],
    [io('Disk quota exceeded'), 'inbox_disk_full'],
    [io('Permission denied'), 'inbox_no_permission'],
    [io('Read-only file system'), 'inbox_no_permission'],
    [io('Too many open files'), 'inbox_too_many_files'],
    [io('Input/output error'), 'inbox_disk_fault'],
    [io('something new'), 'inbox_unavailable'],
    ...(
      [
        ['ENOSPC', 'inbox_disk_full'],
        ['EDQUOT', 'inbox_disk_full'],
        ['EACCES', 'inbox_no_permission'],
        ['EPERM', 'inbox_no_permission'],
        ['EROFS', 'inbox_no_permission'],
        ['ENOTDIR', 'inbox_bad_folder'],
        ['EEXIST', 'inbox_bad_folder'],
        ['ENAMETOOLONG', 'inbox_bad_folder'],
        ['EMFILE', 'inbox_too_many_files'],
        ['EIO', 'inbox_disk_fault'],
        ['ESTALE', 'inbox_disk_fault'],
        ['ENXIO', 'inbox_disk_fault'],
        ['ENODEV', 'inbox_disk_fault'],
        ['ENOTCONN', 'inbox_disk_fault'],
        ['ENOLCK', 'inbox_no_locks'],
        ['MODULE_NOT_FOUND', 'inbox_module_missing'],
        ['ERR_DLOPEN_FAILED', 'inbox_module_missing'],
      ] as const
    ).map(([name, code]): [unknown, string] => [systemError(name), code]),
    [new Error('No native build was found for platform=linux arch=riscv64'), 'inbox_module_missing'],
    ['nothing that is an error', 'inbox_unavailable'],
  ];
  for (const [error, code] of cases)
    it(`${code}: ${error instanceof Error ? String((error.cause as Error | undefined)?.message ?? error.message) : 'text'}`, () => {
      const fault = storageFault(error, '/inbox');
      assert.equal(fault.code, code);
      assert.equal(fault.message, code, "none of the system's words");
      assert.equal(fault.cause, undefined);
    });

  it('is known already if it is ours', () => {
    const ours = new OnegevityError('inbox_damaged');
    assert.equal(storageFault(ours, '/inbox'), ours);
  });
});
