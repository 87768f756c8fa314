/** Floods of unsigned bodies, and what they cost a Node-RED. */
import { connect, type Socket } from 'node:net';
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
  const answers = new Map<string, number>();
  const sockets: Socket[] = [];
  const before = await rss();
  let growth = 0;
  let slowest = 0;
  let running = true;
  const watch = async (): Promise<void> => {
    while (running) {
      const start = performance.now();
      await (await fetch(`${nodeRed.url}/settings`)).text();
      slowest = Math.max(slowest, performance.now() - start);
      growth = Math.max(growth, (await rss()) - before);
    }
  };
  const open = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(nodeRed.port, '127.0.0.1');
      sockets.push(socket);
      let sent = 0;
      const more = (): void => {
        while (sent < pieces && !socket.destroyed) {
          sent++;
          if (!socket.write(piece)) return void socket.once('drain', more);
        }
        // Sent whole, and held open.
        socket.write('', () => resolve());
      };
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.on('data', (chunk: Buffer) => {
        const [line = ''] = chunk.toString('latin1').split('\r\n');
        answers.set(line, (answers.get(line) ?? 0) + 1);
      });
      socket.on('connect', () => {
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
        more();
      });
    });
  const watching = watch();
  await Promise.all(Array.from({ length: connections }, open));
  running = false;
  await watching;
  growth = Math.max(growth, (await rss()) - before);
  for (const socket of sockets) socket.destroy();
  return { growth, slowest, answers };
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
  pieces: Math.ceil(bytes / 32_768),
});
