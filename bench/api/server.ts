/** The API side of `npm run bench:api`, in a process of its own: any order is one kilobyte of JSON. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Sent by the parent process. */
export type Command = 'count' | 'revoke';
/** Sent to the parent process: at the start, and in answer to each command. */
export interface State {
  port: number;
  tokenRequests: number;
}

const order = JSON.stringify({
  id: 1,
  orderIdentifier: 'O1',
  completed: false,
  elements: [],
  notes: 'x'.repeat(930),
});
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(order) };
let tokenRequests = 0;
let refused: string | undefined;

const server = createServer((request, response) => {
  request.resume();
  if (request.url === '/oauth/token') {
    tokenRequests++;
    const token = { access_token: `token-${tokenRequests}`, expires_in: 3600 };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token));
  } else if (refused !== undefined && request.headers.authorization === refused) {
    response.writeHead(401).end('{}');
  } else response.writeHead(200, headers).end(order);
});

function report(): void {
  process.send?.({ port: (server.address() as AddressInfo).port, tokenRequests } satisfies State);
}

process.on('message', (command: Command) => {
  if (command === 'revoke') refused = `Bearer token-${tokenRequests}`;
  report();
});
process.on('disconnect', () => process.exit());
// Between two measurements of a peer its connections are idle, and none of them repeats a call that meets a closed one.
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', report);
