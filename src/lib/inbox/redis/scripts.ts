/** The commands of the inbox: one Lua file each in `lua/`, whose header names its arguments and what it returns. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from './script';

function script(name: string, ...includes: string[]): Script {
  const sources = ['common', ...includes, name].map((file) =>
    readFileSync(join(__dirname, 'lua', `${file}.lua`), 'utf8'),
  );
  return new Script(sources.join('\n'));
}

export const open = script('open');
export const add = script('add');
export const take = script('take');
export const done = script('done');
export const retry = script('retry');
export const read = script('read');
export const deadLetter = script('dead-letter');
export const claimUnannounced = script('claim-unannounced');
export const markAnnounced = script('mark-announced');
export const listDeadLetters = script('list-dead-letters');
export const replay = script('replay', 'remove-dead-letter');
export const discard = script('discard', 'remove-dead-letter');
export const listUnreadable = script('list-unreadable');
export const pendingFor = script('pending-for');
export const release = script('release');
export const removeConsumer = script('remove-consumer');
export const stats = script('stats');
