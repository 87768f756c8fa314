/**
 * `npm run bench:inbox`: what a durable inbox keeps when Node-RED is killed, what it costs, and how Node-RED starts
 * while many events wait. Options: --inbox KIND, --redis (the inbox in Redis, by one Node-RED and by several),
 * --only kills|speed|waiting|shared, --events N --kills N (of the first and the last),
 * --rounds N --seconds N (of the second), --waiting N (of the third), --folder F (where to store), --json.
 */
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { machine, pin } from '../support';
import { secret } from '../webhook/servers';
import { killUnderLoad } from './kills';
import { type Kind, type KindName, kinds, type RedisKind } from './kinds';
import { type Report, table } from './report';
import { share } from './shared';
import { compare } from './speed';
import { fileSystem, inUserFolder } from './stand';
import { startFull } from './waiting';

const { values: options } = parseArgs({
  options: {
    inbox: { type: 'string', default: 'disk' },
    redis: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    events: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    waiting: { type: 'string', default: '100000' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  const inbox = (options.redis ? 'redis' : options.inbox) as KindName;
  if (!(inbox in kinds)) throw new Error(`--inbox is one of ${Object.keys(kinds).join(', ')}`);
  const { folder: place } = options;
  const kind: Kind = await kinds[inbox]();
  const chosen = (part: string) => ['', part].includes(options.only);
  try {
    const report: Report = {
      machine: machine(canPin()),
      node: process.version,
      fileSystem: fileSystem(place),
      inbox,
    };
    if (chosen('kills'))
      report.kills = await inUserFolder(place, (userDir) =>
        killUnderLoad({ kind, userDir, secret }, Number(options.events), Number(options.kills)),
      );
    if (chosen('speed')) {
      const { rounds, seconds } = options;
      const pace = { rounds: Number(rounds), seconds: Number(seconds), levels: [1, 10, 100] };
      report.speed = await compare(inbox, kind, { place, secret, ...pace });
    }
    if (chosen('waiting'))
      report.waiting = await inUserFolder(place, (empty) =>
        inUserFolder(place, (full) =>
          startFull(
            { kind, userDir: empty, secret },
            { kind, userDir: full, secret },
            { events: Number(options.waiting), starts: 3 },
          ),
        ),
      );
    if (chosen('shared') && inbox === 'redis')
      report.shared = await share(kind as RedisKind, { place, secret }, Number(options.events));
    console.log(options.json ? JSON.stringify(report, undefined, 2) : table(report));
  } finally {
    await kind.stop();
  }
}

/** The comparison of speed keeps Node-RED on one core and the load on another. */
function canPin(): boolean {
  return pin(process.pid, '0,1');
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
