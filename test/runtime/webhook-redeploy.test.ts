import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { credentials, order, signed, webhookFlow } from '../support/webhook';
import { type NodeRed, startNodeRed } from '../support/node-red';

interface Counts {
  rootLayers: number;
  nodeLayers: number;
  listeners: number;
  timers: number;
  sockets: number;
}

/** What a leak would make grow. */
const counting = `(() => {
  const resources = process.getActiveResourcesInfo();
  const count = (name) => resources.filter((resource) => resource === name).length;
  const listeners = (emitter) => emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
  const root = RED.httpNode.parent;
  return {
    rootLayers: root._router.stack.length,
    nodeLayers: RED.httpNode._router.stack.length,
    listeners: listeners(RED.events) + listeners(RED.server) + listeners(process),
    timers: count('Timeout'),
    sockets: count('TCPSocketWrap'),
  };
})()`;

describe('redeploys of the webhook node under load', () => {
  let nodeRed: NodeRed;
  afterEach(() => nodeRed.stop());

  for (const [way, settings] of [
    ['answering early', {}],
    ['by the ordinary route', { onegevityWebhookFast: false }],
  ] as const) {
    it(`leave nothing behind and no delivery without an acknowledgement, ${way}`, async function () {
      this.timeout(90_000);
      const flows = (name: string) => webhookFlow({ name, duplicateWindow: 60, rejectedOutput: true });
      nodeRed = await startNodeRed({
        flows: flows('first'),
        credentials,
        settings: { ...settings, logging: { console: { level: 'warn', metrics: false, audit: false } } },
      });
      const load = new Load(`${nodeRed.url}/hook/order.created`);
      load.start(4);
      await nodeRed.deploy(flows('second'));
      await load.stop();
      const before = await quietCounts(nodeRed);

      load.start(4);
      for (let time = 0; time < 200; time++) {
        await nodeRed.deploy(flows(`deploy ${time}`), time % 2 ? 'nodes' : 'full');
      }
      const { sent, answers } = await load.stop();
      assert.deepEqual([...answers.keys()], [200], JSON.stringify([...answers]));
      assert.equal(answers.get(200), sent);
      assert.ok(sent > 200, `only ${sent} deliveries`);
      assert.deepEqual(await quietCounts(nodeRed), before);
    });
  }

  it('answer what waits for the flow, so that no caller hangs', async () => {
    const flows = webhookFlow({ respond: 'flow', responseTimeout: 60 });
    nodeRed = await startNodeRed({ flows, credentials });
    const load = new Load(`${nodeRed.url}/hook/order.created`);
    load.start(3);
    await nodeRed.waitForMessages('order.created', 3);
    load.halt();
    await nodeRed.deploy(flows);
    const { answers } = await load.stop();
    assert.deepEqual([...answers], [[503, 3]]);
  });
});

/** Counts once the connections of the load are gone, and the idle ones that the deploys were sent by. */
async function quietCounts(nodeRed: NodeRed): Promise<Counts> {
  let last: Counts | undefined;
  for (let time = 0; time < 100; time++) {
    const counts = await nodeRed.evaluate<Counts>(
      `new Promise((resolve) => setTimeout(resolve, 20)).then(() => (RED.server.closeIdleConnections(), ${counting}))`,
    );
    if (JSON.stringify(counts) === JSON.stringify(last) && counts.sockets === 0) return counts;
    last = counts;
  }
  return last!;
}

/** Connections that send one delivery after the other. */
class Load {
  #agent = new Agent({ keepAlive: true });
  #running = false;
  #connections: Promise<void>[] = [];
  #sent = 0;
  #answers = new Map<number, number>();

  constructor(private readonly url: string) {}

  start(connections: number): void {
    this.#running = true;
    this.#sent = 0;
    this.#answers = new Map();
    this.#agent = new Agent({ keepAlive: true });
    this.#connections = Array.from({ length: connections }, () => this.#run());
  }

  halt(): void {
    this.#running = false;
  }

  async stop(): Promise<{ sent: number; answers: Map<number, number> }> {
    this.#running = false;
    await Promise.all(this.#connections);
    this.#agent.destroy();
    return { sent: this.#sent, answers: this.#answers };
  }

  async #run(): Promise<void> {
    while (this.#running) {
      // Each another one, so that the duplicates output stays out of it.
      const status = await this.#post(order.replace('"id":1', `"id":${this.#sent++}`));
      this.#answers.set(status, (this.#answers.get(status) ?? 0) + 1);
    }
  }

  #post(body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const headers = { 'x-onegevity-signature': signed(body), 'content-length': body.length };
      const sent = request(this.url, { method: 'POST', agent: this.#agent, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', reject).end(body);
    });
  }
}
