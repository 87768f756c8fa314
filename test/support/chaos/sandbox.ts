/** The sandbox of a chaos run, in a process of its own: it lives on while Node-RED is killed. */
import { startSandbox } from '../../../src/sandbox';

export interface Ready {
  url: string;
  clientId: string;
  clientSecret: string;
  webhookSecret: string;
}

/** Delivers again soon and for long: Node-RED is away for some seconds after each kill. */
const retryDelays = Array<number>(200).fill(0.2);

async function main(): Promise<void> {
  const seed = Number(process.argv[2]);
  const sandbox = await startSandbox({ seed, patients: 0, pace: 0.02, retryDelays, deliveryTimeout: 3000 });
  const { url, clientId, clientSecret, webhookSecret } = sandbox;
  process.send?.({ url, clientId, clientSecret, webhookSecret } satisfies Ready);
  process.once('disconnect', () => process.exit());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
