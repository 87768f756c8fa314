import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventBody, inboxFlow, sendEvents, waitUntilEmpty } from '../support/inbox-flow';
import { numbers, useInbox } from '../support/inbox-suite';

describe('the durable inbox on a small disk (skipped where no tmpfs may be mounted)', function () {
  this.timeout(60_000);
  let disk: string | undefined;
  // Before the hook that removes the user folder.
  afterEach(async () => {
    if (!disk) return;
    await suite.nodeRed?.stop('SIGKILL');
    execFileSync('umount', [disk]);
    disk = undefined;
  });
  const suite = useInbox();

  beforeEach(function () {
    const folder = join(suite.userDir, 'onegevity');
    mkdirSync(folder);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    disk = folder;
  });
  it('refuses with 503 while the disk is full, keeps what it accepted, and goes on when there is room', async () => {
    await suite.start(inboxFlow());
    const filler = join(disk!, 'filler');
    writeFileSync(filler, Buffer.alloc(700_000));
    const { accepted, refused, unanswered } = await sendEvents(suite.nodeRed.port, numbers(2000), 10);
    assert.ok(accepted.length > 0 && refused.length > 0, `${accepted.length} and ${refused.length}`);
    assert.deepEqual(unanswered, []);
    const answer = await suite.send(eventBody(2001));
    assert.equal(answer.status, 503);
    assert.match(answer.headers['retry-after'] ?? '', /^\d+$/);
    await suite.nodeRed.waitForStatus('hook', ({ fill, text }) => fill === 'red' && text === 'disk full');

    rmSync(filler);
    await suite.nodeRed.waitForStatus('hook', ({ text }) => text !== 'disk full', 30_000);
    assert.equal((await suite.send(eventBody(2002))).status, 200);
    await waitUntilEmpty(suite.nodeRed);
    const emitted = new Set(suite.nodeRed.messagesOf('event').map(({ msg }) => msg.payload.id as number));
    assert.deepEqual(
      [...emitted].sort((a, b) => a - b),
      [...accepted.sort((a, b) => a - b), 2002],
    );
  });
});
