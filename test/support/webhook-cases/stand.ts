/** A Node-RED with many webhook nodes, so that each case has one of its own. */
import assert from 'node:assert/strict';
import {
  type FlowNode,
  type NodeRed,
  type NodeRedOptions,
  type ProbeMessage,
  startNodeRed,
} from '../node-red';
import { type Answer, order, post, type PostOptions, secret } from '../webhook';

export interface Setup {
  name: string;
  settings: Record<string, unknown>;
  /** What a path of a flow begins with. */
  root: string;
  fast: boolean;
}

const ways = [true, false].map((fast) => ({
  fast,
  way: fast ? 'answering early' : 'by the ordinary route',
  settings: fast ? {} : { onegevityWebhookFast: false },
}));
const places = [
  { place: 'default settings', root: '', settings: {} },
  { place: "httpAdminRoot '/red'", root: '', settings: { httpAdminRoot: '/red' } },
  { place: "httpNodeRoot '/api'", root: '/api', settings: { httpNodeRoot: '/api' } },
];

export const setups: Setup[] = places.flatMap(({ place, root, settings }) =>
  ways.map(({ fast, way, settings: more }) => ({
    name: `${place}, ${way}`,
    root,
    fast,
    settings: { ...settings, ...more },
  })),
);

/** Kinds of webhook nodes: how many there are, and their properties. */
const kinds = {
  plain: [60, {}],
  small: [6, { maxBodySize: 1000, bodyTimeout: 0.25 }],
  window: [6, { duplicateWindow: 60, duplicatesOutput: true }],
  silent: [1, { duplicateWindow: 60, duplicatesOutput: false }],
  header: [4, { topicHeader: 'X-Topic' }],
  declared: [2, { declared: true }],
  flow: [3, { respond: 'flow', responseTimeout: 0.3 }],
  unsigned: [2, { acceptUnsigned: true }],
  unsignedNoSecret: [1, { acceptUnsigned: true, config: 'empty' }],
  noSecret: [1, { config: 'empty' }],
  rotated: [1, { config: 'rotated' }],
} satisfies Record<string, [number, Record<string, unknown>]>;
export type Kind = keyof typeof kinds;

export const selected = [
  'patient.created',
  'order.created',
  'order.updated',
  'kit.activated',
  'results.released',
];
const newSecret = 'the new secret';

function flows(): FlowNode[] {
  const config = { type: 'onegevity-config', environment: 'custom', baseUrl: 'http://127.0.0.1:1' };
  const hooks = Object.entries(kinds).flatMap(([kind, [count, properties]]) =>
    Array.from({ length: count }, (_, index) => hook(`${kind}${index}`, properties)),
  );
  const labels = [...selected, 'other', 'duplicates', 'rejected'];
  return [
    { id: 'tab', type: 'tab', label: 'Test' },
    ...['config', 'empty', 'rotated'].map((id) => ({ id, ...config })),
    ...hooks,
    ...labels.map((label) => ({
      id: `out-${label}`,
      type: 'test-probe',
      z: 'tab',
      label,
      wires: [['answer']],
    })),
    // Answers deliveries to patient.created only: the others are left to the deadline.
    {
      id: 'answer',
      type: 'switch',
      z: 'tab',
      property: 'topic',
      propertyType: 'msg',
      rules: [{ t: 'eq', v: 'patient.created', vt: 'str' }],
      outputs: 1,
      wires: [['response']],
    },
    { id: 'response', type: 'http response', z: 'tab', statusCode: '', headers: {}, wires: [] },
  ];
}

function hook(id: string, properties: Record<string, unknown>): FlowNode {
  const outputs = [...selected, 'other', ...(properties.duplicatesOutput ? ['duplicates'] : []), 'rejected'];
  return {
    id,
    type: 'onegevity-webhook',
    z: 'tab',
    config: 'config',
    path: `/${id}`,
    topics: selected,
    rejectedOutput: true,
    ...properties,
    wires: outputs.map((label) => [`out-${label}`]),
  };
}

export class Stand {
  readonly #used = new Map<Kind, number>();

  private constructor(
    readonly nodeRed: NodeRed,
    readonly setup: Setup,
  ) {}

  static async start(setup: Setup, options: NodeRedOptions = {}): Promise<Stand> {
    const credentials = {
      config: { webhookSecret: secret },
      rotated: { webhookSecret: newSecret, previousWebhookSecret: secret },
    };
    const nodeRed = await startNodeRed({ flows: flows(), credentials, settings: setup.settings, ...options });
    return new Stand(nodeRed, setup);
  }

  /**
   * The URL of a webhook node that no test has used. On the fast way it has had a first delivery, since the node
   * answers early only once the ordinary route was seen to reach it.
   * @param end what follows the node's path
   */
  async fresh(kind: Kind = 'plain', end = '/order.created'): Promise<{ url: string; id: string }> {
    const index = this.#used.get(kind) ?? 0;
    this.#used.set(kind, index + 1);
    assert.ok(index < kinds[kind][0], `there are more cases than nodes of kind ${kind}`);
    const id = `${kind}${index}`;
    const url = `${this.nodeRed.url}${this.setup.root}/${id}${end}`;
    await post(url, 'not the signed body', { signature: 'A'.repeat(43) + '=' });
    await this.nodeRed.waitForMessages('rejected');
    await this.clear();
    return { url, id };
  }

  forget(): void {
    this.nodeRed.messages.length = 0;
  }

  /** Forgets also what is still on its way. */
  async clear(): Promise<void> {
    await this.settled();
    this.forget();
  }

  /** Waits until everything sent so far has come through, and returns what came. */
  async settled(): Promise<ProbeMessage[]> {
    await this.nodeRed.evaluate('new Promise((resolve) => setTimeout(resolve, 5))');
    return [...this.nodeRed.messages];
  }

  /** Expects that a delivery is refused with a reason, and that nothing else comes out. */
  async refused(
    url: string,
    status: number,
    reason: string,
    body?: string | Uint8Array,
    options?: PostOptions,
  ): Promise<Answer> {
    const answer = await post(url, body, options);
    assert.equal(answer.status, status);
    assert.equal(answer.body, 'rejected');
    await this.rejected(reason);
    return answer;
  }

  async rejected(reason: string): Promise<void> {
    await this.nodeRed.waitForMessages('rejected');
    const messages = await this.settled();
    assert.deepEqual(
      messages.map(({ label, msg }): unknown[] => [label, msg.payload.reason]),
      [['rejected', reason]],
    );
  }

  /** Expects one message on one output. */
  async accepted(
    output: string,
    url: string,
    body: string | Uint8Array = order,
    options?: PostOptions,
  ): Promise<ProbeMessage['msg']> {
    const answer = await post(url, body, options);
    assert.deepEqual([answer.status, answer.body], [200, 'received']);
    await this.nodeRed.waitForMessages(output);
    const messages = await this.settled();
    assert.deepEqual(
      messages.map(({ label }) => label),
      [output],
    );
    return messages[0]?.msg;
  }
}
