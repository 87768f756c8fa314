/**
 * Sends bodies and holds their connections open, in a process of its own: who measures meanwhile how fast others are
 * answered must not share an event loop with the flood.
 */
const { connect } = require('node:net');

/** @param {{ port: number, connections: number, head: string, piece: string, pieces: number }} task */
async function send({ port, connections, head, piece, pieces }) {
  const bytes = Buffer.from(piece, 'latin1');
  const answers = new Map();
  const open = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let sent = 0;
      const more = () => {
        while (sent < pieces && !socket.destroyed) {
          sent++;
          if (!socket.write(bytes)) return void socket.once('drain', more);
        }
        // Sent whole, and held open.
        socket.write('', () => resolve());
      };
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.on('data', (chunk) => {
        const [line = ''] = chunk.toString('latin1').split('\r\n');
        answers.set(line, (answers.get(line) ?? 0) + 1);
      });
      socket.on('connect', () => {
        socket.write(head);
        more();
      });
    });
  await Promise.all(Array.from({ length: connections }, open));
  process.send([...answers]);
}

process.on('message', (task) => void send(task));
