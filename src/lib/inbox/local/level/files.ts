/** The files of a LevelDB by their names. */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readManifest } from './manifest';

/** LevelDB starts a new file long before. Whatever lies behind this in a file, it has not written there. */
const mostBytes = 2 ** 28;

export interface Files {
  /** Whether there is a CURRENT, which names the list of files. */
  current: boolean;
  /** By number, the oldest first, under whatever name. */
  logs: [number: number, name: string][];
  tables: [number: number, name: string][];
  /** What LevelDB would not find, or not as a file: names that it uses for something else, and its files under other names. */
  strange: string[];
}

/** @throws where the folder cannot be read */
export async function listFiles(folder: string): Promise<Files> {
  const files: Files = { current: false, logs: [], tables: [], strange: [] };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    const [, digits, ending] = /^(\d+)\.(log|ldb|sst|dbtmp)$/i.exec(name) ?? [];
    const kind = ending?.toLowerCase();
    const known = kind !== undefined || /^(ACKNOWLEDGED|CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+)$/.test(name);
    if (!known) continue;
    const number = Number(digits);
    if (!entry.isFile() || (kind && name !== `${String(number).padStart(6, '0')}.${kind}`))
      files.strange.push(name);
    // A link may lead to what was there.
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    if (name === 'CURRENT') files.current = true;
    else if (kind === 'log') files.logs.push([number, name]);
    else if (kind === 'ldb' || kind === 'sst') files.tables.push([number, name]);
  }
  const byNumber = (one: [number, string], other: [number, string]) => one[0] - other[0];
  files.logs.sort(byNumber);
  files.tables.sort(byNumber);
  return files;
}

/** @returns undefined where the file is missing, or the disk does not give it back */
export async function contentOf(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readStart(join(folder, name));
  } catch (error) {
    if (/^(ENOENT|EISDIR|EIO|ELOOP|ENXIO)$/.test(String((error as NodeJS.ErrnoException).code)))
      return undefined;
    throw error;
  }
}

/** Ends also where the path leads to something without an end, or that waits for somebody to write. */
async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = await file.stat();
    const bytes = Buffer.allocUnsafe(Math.min(size, mostBytes));
    let length = 0;
    while (length < bytes.length) {
      const { bytesRead } = await file.read(bytes, length, bytes.length - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** The list of files that is in force. @returns undefined where it is missing or damaged */
export async function currentManifest(folder: string): Promise<(Manifest & { name: string }) | undefined> {
  const current = await contentOf(folder, 'CURRENT');
  const [, name] = /^(MANIFEST-\d+)\n$/.exec(current?.toString('latin1') ?? '') ?? [];
  const content = name === undefined ? undefined : await contentOf(folder, name);
  const manifest = content && readManifest(content);
  return manifest && { ...manifest, name: name! };
}
