/** A clock of the server that a test sets, since that of a real one cannot be set. */
import { createHash } from 'node:crypto';
import type { Connection } from '../../src/lib/inbox/redis/connection';
import type { Argument } from '../../src/lib/inbox/redis/script';
import * as scripts from '../../src/lib/inbox/redis/scripts';

/** The only place where a script asks for the time. */
const asked = "redis.call('TIME')";
const given = '{math.floor(KEYS[#KEYS] / 1000), KEYS[#KEYS] % 1000 * 1000}';

/** A script that is given the time, as the last of its keys. */
export function timed(source: string): string {
  return source.replaceAll(asked, given);
}

const sha = (source: string) => createHash('sha1').update(source).digest('hex');
const shas = new Map(Object.values(scripts).map((script) => [script.sha, sha(timed(script.source))]));

/** A connection to a server whose clock is the test's. */
export function withTime(connection: Connection, now: () => number): Connection {
  return {
    command(...parts) {
      const [name, what, count, ...rest] = parts as [string, string, number, ...Argument[]];
      const call = () => [count + 1, ...rest.slice(0, count), now(), ...rest.slice(count)];
      if (name === 'EVALSHA') return connection.command(name, shas.get(what) ?? what, ...call());
      if (name === 'EVAL') return connection.command(name, timed(what), ...call());
      if (name === 'SCRIPT') return connection.command(name, what, timed(String(count)));
      return connection.command(...parts);
    },
    close: () => connection.close(),
    destroy: () => connection.destroy(),
  };
}
