import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A real proxy that tunnels by CONNECT, and knows nothing else. */
export class ConnectProxy {
  /** Hosts and ports that were asked for. */
  readonly tunnels: string[] = [];
  /** The Proxy-Authorization of each tunnel. */
  readonly authorizations: (string | undefined)[] = [];
  /** Answered instead of a tunnel. */
  refusal: string | undefined;
  readonly #sockets = new Set<Duplex>();

  private constructor(private readonly server: Server) {}

  /** @param tls certificate and key of a proxy that is itself reached over TLS */
  static async start(tls?: { cert: string; key: string }): Promise<ConnectProxy> {
    const refuse: RequestListener = (_, response) => response.writeHead(400).end();
    const server = tls ? createSecureServer(tls, refuse) : createServer(refuse);
    const proxy = new ConnectProxy(server);
    server.on('connect', (request: IncomingMessage, socket: Duplex) => proxy.#tunnel(request, socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get url(): string {
    return `${this.server instanceof SecureServer ? 'https' : 'http'}://${this.host}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #tunnel(request: IncomingMessage, socket: Duplex): void {
    const target = request.url ?? '';
    this.tunnels.push(target);
    this.authorizations.push(request.headers['proxy-authorization']);
    if (this.refusal) {
      socket.end(`HTTP/1.1 ${this.refusal}\r\n\r\n`);
      return;
    }
    const [host, port] = target.split(':');
    const far: Socket = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      far.pipe(socket).pipe(far);
    });
    for (const one of [far, socket]) {
      this.#sockets.add(one);
      one.on('error', () => one.destroy()).on('close', () => this.#sockets.delete(one));
    }
    far.on('error', () => socket.destroy());
  }
}
