/** A flow that receives webhooks and tells by HTTP what came out of which output. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { topics } from '../../src/generated/topics';
import { packageRoot } from '../support/npm';

export interface Vector {
  name: string;
  secret: string;
  body: string;
  signature: string;
}

/** What came out: the topic whose output it was, and the event. */
export interface Seen {
  output: string;
  topic?: string;
  payload?: unknown;
  verified?: boolean;
}

/** The vendor's example events, one of each topic, with their signatures. */
export function topicVectors(): Vector[] {
  const file = join(packageRoot, 'test/fixtures/webhook-vectors.json');
  const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: Vector[] };
  return topics.map(({ name }) => {
    const found = vectors.find((vector) => vector.name === name);
    if (!found) throw new Error(`no vector for ${name}`);
    return found;
  });
}

/** @param secret signs the events; webhooks come to /compat/hook, GET /compat/seen tells what was emitted */
export function webhookFlow(secret: string): object[] {
  const z = 'compat';
  const outputs = [...topics.map(({ name }) => name), 'other'];
  return [
    { id: z, type: 'tab', label: 'Compatibility' },
    {
      id: 'config',
      type: 'onegevity-config',
      environment: 'custom',
      baseUrl: 'http://127.0.0.1:9',
      credentials: { webhookSecret: secret },
    },
    {
      id: 'hook',
      z,
      type: 'onegevity-webhook',
      config: 'config',
      path: '/compat/hook',
      topics: topics.map(({ name }) => name),
      outputs: outputs.length,
      wires: outputs.map((name) => [`at ${name}`]),
    },
    ...outputs.map((name) => ({
      id: `at ${name}`,
      z,
      type: 'change',
      rules: [{ t: 'set', p: 'output', pt: 'msg', to: name, tot: 'str' }],
      wires: [['keep']],
    })),
    {
      id: 'keep',
      z,
      type: 'function',
      outputs: 0,
      func:
        'const { output, topic, payload, onegevity: { verified } } = msg;\n' +
        "flow.set('seen', [...(flow.get('seen') || []), { output, topic, payload, verified }]);",
      wires: [],
    },
    { id: 'ask', z, type: 'http in', url: '/compat/seen', method: 'get', wires: [['read']] },
    {
      id: 'read',
      z,
      type: 'function',
      outputs: 1,
      func: "msg.payload = flow.get('seen') || [];\nreturn msg;",
      wires: [['answer']],
    },
    { id: 'answer', z, type: 'http response', wires: [] },
  ];
}
