/** Floods of unsigned bodies, and what they cost a Node-RED. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { NodeRed } from './node-red';

export interface FloodCost {
  /** Bytes that RSS grew by at most. */
  growth: number;
  /** The slowest answer of the editor, in milliseconds. */
  slowest: number;
  /** Status lines that the senders got. */
  answers: Map<string, number>;
}

/** @param send what each connection sends after the head, piece by piece */
export async function flood(
  nodeRed: NodeRed,
  path: string,
  { connections, head, piece, pieces }: { connections: number; head: string; piece: Buffer; pieces: number },
): Promise<FloodCost> {
  const rss = (): Promise<number> => nodeRed.evaluate('process.memoryUsage.rss()');
  const sender = fork(join(__dirname, 'flood-sender.cjs'), { execArgv: [] });
  const settings = async (): Promise<void> => void (await (await fetch(`${nodeRed.url}/settings`)).text());
  // What the first request costs here is not the editor's.
  await settings();
  const before = await rss();
  let growth = 0;
  let slowest = 0;
  let running = true;
  const watch = async (): Promise<void> => {
    while (running) {
      const start = performance.now();
      await settings();
      slowest = Math.max(slowest, performance.now() - start);
      growth = Math.max(growth, (await rss()) - before);
    }
  };
  sender.send({
    port: nodeRed.port,
    connections,
    head: `POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`,
    piece: piece.toString('latin1'),
    pieces,
  });
  const watching = watch();
  const [answers] = (await once(sender, 'message')) as [[string, number][]];
  running = false;
  await watching;
  growth = Math.max(growth, (await rss()) - before);
  sender.kill();
  await once(sender, 'exit');
  return { growth, slowest, answers: new Map(answers) };
}

/** Bodies in chunks of one byte, 6 bytes on the wire for each. */
export const oneByteChunks = (bytes: number) => ({
  connections: 4,
  head: 'Transfer-Encoding: chunked',
  piece: Buffer.from('1\r\nx\r\n'.repeat(10_000)),
  pieces: Math.ceil(bytes / 60_000),
});

/** Bodies of 1 MiB that never become whole. */
export const slowBodies = (bytes: number) => ({
  connections: 1000,
  head: `Content-Length: ${2 ** 20}`,
  piece: Buffer.alloc(32_768, 'x'),
  pieces: Math.floor(bytes / 32_768),
});
