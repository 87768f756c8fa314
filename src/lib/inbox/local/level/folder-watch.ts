import { stat, type Stats } from 'node:fs';
import { join } from 'node:path';
import { OnegevityError } from '../../../errors';
import { currentManifest, listFiles } from './files';

/** A file that is missing may have been deleted by LevelDB itself between two looks. */
const looks = 3;

/**
 * Notices that an open database's folder or one of its files was deleted or replaced: LevelDB would go on writing to
 * what nobody will ever read. A change of the folder's content changes its time, so an ordinary look costs one `stat`.
 */
export class FolderWatch {
  #newestLog = 0;
  /** The files that LevelDB appends to, by their names. */
  #written = new Map<string, Stats>();

  private constructor(
    private readonly folder: string,
    private seen: Stats,
  ) {}

  static async start(folder: string): Promise<FolderWatch> {
    const watch = new FolderWatch(folder, await statOf(folder));
    await watch.#look();
    return watch;
  }

  /** @throws OnegevityError `inbox_damaged` */
  async check(): Promise<void> {
    const now = await statOf(this.folder).catch(() => undefined);
    if (now?.ino !== this.seen.ino || now.dev !== this.seen.dev) throw new OnegevityError('inbox_damaged');
    if (now.mtimeMs === this.seen.mtimeMs) return;
    await this.#look();
    this.seen = now;
  }

  async #look(): Promise<void> {
    for (let look = 0; look < looks; look++) if (await this.#isWhole().catch(() => false)) return;
    throw new OnegevityError('inbox_damaged');
  }

  async #isWhole(): Promise<boolean> {
    const manifest = await currentManifest(this.folder);
    if (!manifest) return false;
    const { logs, tables, strange } = await listFiles(this.folder);
    if (strange.length > 0) return false;
    const [newest, log] = logs.at(-1) ?? [0];
    if (newest < Math.max(manifest.log, this.#newestLog)) return false;
    const present = new Set(tables.map(([number]) => number));
    if (![...manifest.tables.keys()].every((number) => present.has(number))) return false;
    if (!(await this.#areTheSame(log === undefined ? [manifest.name] : [manifest.name, log]))) return false;
    this.#newestLog = newest;
    return true;
  }

  /** Whether files are the ones that they were before, if they were there. A copy that has taken their place is not. */
  async #areTheSame(names: readonly string[]): Promise<boolean> {
    const written = new Map<string, Stats>();
    for (const name of names) {
      const [before, now] = [this.#written.get(name), await statOf(join(this.folder, name))];
      if (before && (before.ino !== now.ino || before.dev !== now.dev)) return false;
      written.set(name, now);
    }
    this.#written = written;
    return true;
  }
}

function statOf(path: string): Promise<Stats> {
  return new Promise((resolve, reject) =>
    stat(path, (error, stats) => (error ? reject(error) : resolve(stats))),
  );
}
