/** The files of a LevelDB by their names. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, readManifest } from './manifest';

export interface Files {
  /** Whether there is a CURRENT, which names the list of files. */
  current: boolean;
  /** By number, the oldest first. */
  logs: [number: number, name: string][];
  tables: [number: number, name: string][];
  /** Names that the database uses, of something that is no file. */
  strange: string[];
}

/** @throws where the folder cannot be read */
export async function listFiles(folder: string): Promise<Files> {
  const files: Files = { current: false, logs: [], tables: [], strange: [] };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    const [, digits, kind] = /^(\d+)\.(log|ldb|sst|dbtmp)$/.exec(name) ?? [];
    const known = kind !== undefined || /^(ACKNOWLEDGED|CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+)$/.test(name);
    if (!known) continue;
    if (!entry.isFile()) files.strange.push(name);
    else if (name === 'CURRENT') files.current = true;
    else if (kind === 'log') files.logs.push([Number(digits), name]);
    else if (kind === 'ldb' || kind === 'sst') files.tables.push([Number(digits), name]);
  }
  const byNumber = (one: [number, string], other: [number, string]) => one[0] - other[0];
  files.logs.sort(byNumber);
  files.tables.sort(byNumber);
  return files;
}

/** @returns undefined where the file is missing, or the disk does not give it back */
export async function contentOf(folder: string, name: string): Promise<Buffer | undefined> {
  try {
    return await readFile(join(folder, name));
  } catch (error) {
    if (/^(ENOENT|EISDIR|EIO|ENXIO)$/.test(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
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
