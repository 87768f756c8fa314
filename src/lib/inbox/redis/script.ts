import { createHash } from 'node:crypto';

/** What commands and scripts take. */
export type Argument = string | number | Buffer;

/** A Lua script: Redis runs it as a whole or not at all, and nothing else in between. */
export class Script {
  readonly sha: string;

  constructor(readonly source: string) {
    this.sha = createHash('sha1').update(source).digest('hex');
  }
}
