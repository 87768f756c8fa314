import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { Server as SecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Answer = (request: Received, response: ServerResponse, socket: Socket) => void;

/** A real HTTP server on a free loopback port: a token endpoint, and answers given by the test for the rest. */
export class TestServer {
  readonly requests: Received[] = [];
  tokens = 0;
  /** Answers of the API, one after the other; the last one stays. */
  answers: Answer[] = [json(200, {})];
  /** Answer of the token endpoint. */
  token: Answer = (_, response) =>
    json(200, { access_token: `token-${this.tokens}`, expires_in: 3600 })(_, response, response.socket!);

  private constructor(readonly server: Server) {}

  static async start(create: (handler: RequestListener) => Server = createServer): Promise<TestServer> {
    const server = create((request, response) => {
      test.#handle(request, response).catch(() => response.destroy());
    });
    const test = new TestServer(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return test;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.server instanceof SecureServer ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get apiRequests(): Received[] {
    return this.requests.filter(({ url }) => url.startsWith('/api/v1'));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const received = { method, url, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(received);
    if (url.startsWith('/api/v1')) {
      const answer = this.answers.length > 1 ? this.answers.shift()! : this.answers[0]!;
      answer(received, response, request.socket);
    } else {
      this.tokens++;
      this.token(received, response, request.socket);
    }
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

export function raw(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    response.writeHead(status, headers).end(text);
  };
}

/** The connection is cut before any answer. */
export const reset: Answer = (_request, _response, socket) => socket.resetAndDestroy();

/** The connection is cut in the middle of the body. */
export const truncated: Answer = (_request, response, socket) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"a":', () => socket.destroy());
};

/** The answer begins and never ends: a byte each 20 ms. */
export const trickling: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

/** Never answered. */
export const silent: Answer = () => undefined;
