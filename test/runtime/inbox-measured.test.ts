import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { killUnderLoad } from '../../bench/inbox/kills';
import { type Kind, kinds } from '../../bench/inbox/kinds';
import { compare } from '../../bench/inbox/speed';
import { inUserFolder } from '../../bench/inbox/stand';
import { startFull } from '../../bench/inbox/waiting';
import { secret } from '../../bench/webhook/servers';

/** What docs/explanation/performance.md says of the inbox, at a size that is quick; limits are wide, since machines are busy. */
describe('the durable inbox, measured in short', function () {
  this.timeout(90_000);
  const place = tmpdir();
  let kind: Kind;

  before(async () => {
    kind = await kinds.disk();
  });

  it('loses no accepted event over several kills under load, and repeats none unmarked', async () => {
    const result = await inUserFolder(place, (userDir) => killUnderLoad({ kind, userDir, secret }, 900, 3));
    const { lost, unfinished, unmarked } = result;
    assert.ok(result.accepted >= 900);
    assert.deepEqual({ lost, unfinished, unmarked }, { lost: 0, unfinished: 0, unmarked: 0 });
  });

  it('costs less for each event where many come together', async () => {
    const times = { rounds: 1, seconds: 0.5, levels: [1, 100] };
    const measured = await compare('disk', kind, { place, secret, ...times });
    // Of its processor's time: what else the machine and its disk do changes throughput several times over.
    const costs = measured
      .filter(({ inbox }) => inbox === 'disk')
      .map(({ cpuMicroseconds }) => cpuMicroseconds);
    const [one, many] = costs;
    assert.ok(many! < one!, `${one} µs an event over one connection, ${many} over a hundred`);
  });

  it('starts and stays small while many events wait', async () => {
    const {
      startEmpty,
      startFull: full,
      ...memory
    } = await inUserFolder(place, (empty) =>
      inUserFolder(place, (filled) =>
        startFull(
          { kind, userDir: empty, secret },
          { kind, userDir: filled, secret },
          { events: 5000, starts: 1 },
        ),
      ),
    );
    assert.ok(full - startEmpty < 3000, `${full} ms with them, ${startEmpty} ms without`);
    const more = (memory.memoryEmitting - memory.memoryEmpty) / 2 ** 20;
    assert.ok(more < 150, `${more} MB more`);
  });
});
