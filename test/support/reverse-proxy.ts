import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A reverse proxy as people put it before Node-RED. Without `keepHost` it names its target, as nginx does by default. */
export class ReverseProxy {
  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(target: string, { keepHost = false } = {}): Promise<ReverseProxy> {
    const { host } = new URL(target);
    const server = createServer((req, res) => {
      const headers = { ...req.headers, ...(keepHost ? {} : { host }) };
      const onward = request(target, { path: req.url, method: req.method, headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      onward.on('error', () => res.destroy());
      req.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ReverseProxy(server, (server.address() as AddressInfo).port);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
