/**
 * Generates load, in a process of its own: raw sockets and ready-made requests, so that it costs little itself.
 * Asked over IPC: `{ kind: 'measure', url, requests, connections, seconds | count }` or
 * `{ kind: 'refuse', url, posts, bytes, connections, chunked }`.
 */
const { connect } = require('node:net');

process.on('message', (task) => {
  const run = task.kind === 'measure' ? measure : refuse;
  run(task).then(
    (result) => process.send(result),
    (error) => process.send({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

/** Sends on each connection one request after the other, in turn from `requests`. */
async function measure({ url, requests, connections, seconds = Infinity, count = Infinity }) {
  const ready = requests.map((request) => Buffer.from(request, 'latin1'));
  const times = [];
  const statuses = {};
  let sent = 0;
  const start = performance.now();
  const end = start + seconds * 1000;
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(url.port), url.hostname);
      let at;
      let answer = '';
      const next = () => {
        at = performance.now();
        if (at >= end || sent >= count) return socket.end(resolve);
        socket.write(ready[sent++ % ready.length]);
      };
      socket.setNoDelay(true);
      socket.on('connect', next).on('error', reject);
      socket.on('data', (chunk) => {
        answer += chunk.latin1Slice();
        const head = answer.indexOf('\r\n\r\n');
        if (head === -1) return;
        const length = /content-length: (\d+)/i.exec(answer)?.[1];
        // Without a length the answer is chunked and ends with an empty chunk.
        if (length ? answer.length < head + 4 + Number(length) : !answer.endsWith('0\r\n\r\n')) return;
        const status = answer.slice(9, 12);
        statuses[status] = (statuses[status] ?? 0) + 1;
        times.push(performance.now() - at);
        answer = '';
        next();
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  const elapsed = (performance.now() - start) / 1000;
  const sorted = Float64Array.from(times).sort();
  const quantile = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return {
    perSecond: times.length / elapsed,
    p50: quantile(0.5),
    p99: quantile(0.99),
    count: times.length,
    statuses,
  };
}

/** Posts big bodies, writing until the server answers or closes. */
async function refuse({ url, posts, bytes, connections, chunked }) {
  const part = Buffer.alloc(65_536, 0x20);
  const head =
    `POST ${url.path} HTTP/1.1\r\nHost: bench\r\nX-Onegevity-Signature: ${'A'.repeat(43)}=\r\n` +
    (chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : `Content-Length: ${bytes}\r\n\r\n`);
  const statuses = {};
  let left = posts;
  const one = () =>
    new Promise((resolve) => {
      const socket = connect(Number(url.port), url.hostname);
      let answer = '';
      let written = 0;
      const write = () => {
        while (written < bytes && !answer && !socket.destroyed) {
          written += part.length;
          if (chunked) socket.write('10000\r\n');
          const more = socket.write(part);
          if (chunked) socket.write('\r\n');
          if (!more) return void socket.once('drain', write);
        }
      };
      socket.on('connect', () => {
        socket.write(head);
        write();
      });
      socket.on('data', (chunk) => {
        answer += chunk.latin1Slice();
        socket.end();
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        const status = answer.slice(9, 12) || 'none';
        statuses[status] = (statuses[status] ?? 0) + 1;
        resolve();
      });
    });
  const worker = async () => {
    while (left-- > 0) await one();
  };
  await Promise.all(Array.from({ length: connections }, worker));
  return { statuses };
}
