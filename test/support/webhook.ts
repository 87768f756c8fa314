/** Flows with a webhook node, and clients that send it what an ordinary client would not. */
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { topics } from '../../src/generated/topics';
import type { FlowNode } from './node-red';

export interface Vector {
  name: string;
  secret: string;
  body: string;
  signature: string;
}

export const { vectors } = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/webhook-vectors.json'), 'utf8'),
) as { vectors: Vector[] };

export const secret = 'b7f0c1d2-shared-secret-Ünïcode';
export const topicNames: string[] = topics.map(({ name }) => name);

/** A reference, apart from the code under test. */
export function signed(body: string | Uint8Array, key = secret): string {
  return createHmac('sha256', Buffer.from(key, 'utf8')).update(body).digest('base64');
}

export const order = '{"id":1,"orderIdentifier":"O1","patientIdentifier":"P1"}';

/**
 * A tab with a config node and a webhook node whose outputs end in probes labelled with their topic, `other`,
 * `duplicates`, `rejected`.
 */
export function webhookFlow(
  properties: Record<string, unknown> = {},
  { id = 'hook', config = {} }: { id?: string; config?: Record<string, unknown> } = {},
): FlowNode[] {
  const selected = (properties.topics as string[] | undefined) ?? topicNames;
  const outputs = [
    ...topicNames.filter((name) => selected.includes(name)),
    'other',
    ...(properties.duplicatesOutput ? ['duplicates'] : []),
    ...(properties.rejectedOutput ? ['rejected'] : []),
  ];
  const probe = (label: string): string => `${id}-${label.replace('.', '-')}`;
  return [
    { id: 'tab', type: 'tab', label: 'Test' },
    {
      id: 'config',
      type: 'onegevity-config',
      environment: 'custom',
      baseUrl: 'http://127.0.0.1:1',
      ...config,
    },
    {
      id,
      type: 'onegevity-webhook',
      z: 'tab',
      config: 'config',
      path: '/hook',
      ...properties,
      wires: outputs.map((label) => [probe(label)]),
    },
    ...outputs.map((label) => ({ id: probe(label), type: 'test-probe', z: 'tab', label, wires: [[]] })),
  ];
}

export const credentials = { config: { webhookSecret: secret } };

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface PostOptions {
  /** Default: the right one. Null sends none. */
  signature?: string | string[] | null;
  headers?: Record<string, string>;
  method?: string;
}

/** Sends a delivery on a connection of its own. */
export function post(
  url: string,
  body: string | Uint8Array = order,
  { signature = signed(body), headers = {}, method = 'POST' }: PostOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = request(url, {
      method,
      agent: false,
      rejectUnauthorized: false,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(body)),
        ...(signature === null ? {} : { 'x-onegevity-signature': signature }),
        ...headers,
      },
    });
    sent.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject);
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(body);
  });
}

/** What a server answered on a raw connection until it was closed, by the server or after `patience` ms of silence. */
export function raw(
  port: number,
  send: (write: (chunk: string | Uint8Array) => boolean, closed: () => boolean) => void | Promise<void>,
  patience = 5000,
): Promise<{ text: string; closedByServer: boolean }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    let closedByServer = false;
    socket.setTimeout(patience, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('end', () => (closedByServer = true));
    // A reset after the answer is as good as an end.
    socket.on('error', () => (closedByServer = true));
    socket.on('close', () => resolve({ text, closedByServer }));
    socket.on('connect', () => {
      Promise.resolve(
        send(
          (chunk) => socket.write(chunk),
          () => socket.destroyed,
        ),
      ).catch(() => socket.destroy());
    });
  });
}
