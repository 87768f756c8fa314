/** What the package is run on, and how that is installed for a run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../support/npm';

export interface Target {
  nodeRed: string;
  /** Major version. */
  node: number;
  /** The dialogs are tried in a browser too: where `npm test` does not do it already. */
  editor?: boolean;
}

/** The longest first, since they run two at a time. */
export const targets: readonly Target[] = [
  { nodeRed: '5', node: 24, editor: true },
  { nodeRed: '4.1', node: 20 },
  { nodeRed: '4.1', node: 22 },
];

/** Installs what targets need into one folder, each thing once. */
export class Installs {
  readonly #running = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  /** @returns the path of a Node.js of that major version: this one, or that of the npm package `node` */
  async node(major: number): Promise<string> {
    if (Number(process.versions.node.split('.')[0]) === major) return process.execPath;
    const folder = await this.#install('node', String(major));
    return join(folder, 'node_modules/node/bin/node');
  }

  /** @returns the path of node-red's start script */
  async nodeRed(version: string): Promise<string> {
    return join(await this.#install('node-red', version), 'node_modules/node-red/red.js');
  }

  #install(name: string, version: string): Promise<string> {
    const key = `${name}@${version}`;
    const running = this.#running.get(key) ?? this.#installed(key);
    this.#running.set(key, running);
    return running;
  }

  async #installed(key: string): Promise<string> {
    const folder = join(this.folder, key);
    if (existsSync(folder)) return folder;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
    // Scripts stay on: the package `node` brings its program by one.
    const flags = ['--prefer-offline', '--ignore-scripts=false', '--engine-strict=false'];
    await npm(['install', key, ...flags], { cwd: folder });
    return folder;
  }
}

/** @param script node-red's start script @returns its exact version */
export function versionOf(script: string): string {
  const file = join(script, '../package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
