/** What floods of unsigned bodies cost, in full: run it on a machine that does nothing else. */
import { flood, oneByteChunks, slowBodies } from '../../test/support/flood';
import { startNodeRed } from '../../test/support/node-red';
import { credentials, post, webhookFlow } from '../../test/support/webhook';

async function run(): Promise<void> {
  const kinds = {
    'one-byte chunks, 6 MB x 4': oneByteChunks(6_000_000),
    '1,000 slow bodies of 1 MiB': slowBodies(2 ** 20 - 1),
  };
  let failed = false;
  for (const [name, kind] of Object.entries(kinds)) {
    const nodeRed = await startNodeRed({
      flows: webhookFlow(),
      credentials,
      env: { NODE_OPTIONS: '--max-old-space-size=256' },
      settings: { logging: { console: { level: 'warn', metrics: false, audit: false } } },
    });
    for (let time = 0; time < 20; time++) await post(`${nodeRed.url}/hook/order.created`);
    const { growth, slowest, answers } = await flood(nodeRed, '/hook/order.created', kind);
    const { status } = await post(`${nodeRed.url}/hook/order.created`);
    await nodeRed.stop();
    const megabytes = Math.round(growth / 2 ** 20);
    failed ||= megabytes > 64 || slowest > 200 || status !== 200;
    console.log(
      `${name}: RSS +${megabytes} MiB (at most 64), editor ${Math.round(slowest)} ms (at most 200)`,
    );
    console.log(`  a real delivery afterwards: ${status}; the flood got ${JSON.stringify([...answers])}`);
  }
  process.exitCode = failed ? 1 : 0;
}

run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
