import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { operations } from '../../../src/generated/operations';
import { ApiClient, type ClientOptions } from '../../../src/lib/api/client';
import { authority, certificate, type CertificateName, secureServer } from '../../support/certificates';
import { ConnectProxy } from '../../support/connect-proxy';
import { json, TestServer } from '../../support/http-server';

const proxyVariables = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

describe('The way to the API', () => {
  const open: { close(): Promise<void> }[] = [];
  const kept = new Map<string, string | undefined>();

  const connect = (root: string, more: Partial<ClientOptions> = {}) => {
    const client = new ApiClient({
      baseUrl: root,
      connections: 4,
      clientId: 'id',
      clientSecret: 'secret',
      scopes: () => [],
      clientAuth: 'basic',
      tokenPath: '/oauth/token',
      timeout: 5000,
      concurrency: 4,
      rate: 0,
      ...more,
    });
    open.push(client);
    return client;
  };
  const started = <T extends { stop(): Promise<void> }>(server: T): T => {
    open.push({ close: () => server.stop() });
    return server;
  };
  /** @returns the root of something that is no HTTP server */
  const listen = async (serve: (socket: Socket) => void): Promise<string> => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    open.push({ close });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const read = (client: ApiClient) => client.call(operations.patientDetails, { patientIdentifier: 'P1' });
  const write = (client: ApiClient) =>
    client.call(operations.updatePatient, { patientIdentifier: 'P1' }, { firstName: 'x' });

  /** As somebody may run Node-RED who once had trouble with a certificate. */
  const withoutVerification = async (work: () => Promise<void>): Promise<void> => {
    const rejecting = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    try {
      await work();
    } finally {
      if (rejecting === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = rejecting;
    }
  };

  beforeEach(() => {
    for (const name of proxyVariables) {
      kept.set(name, process.env[name]);
      delete process.env[name];
    }
  });
  afterEach(async () => {
    for (const [name, value] of kept) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    for (const each of open.splice(0)) await each.close();
  });

  describe('over TLS', () => {
    it('trusts an own CA, on token and API calls', async () => {
      const server = started(await secureServer('server'));
      const { statusCode } = await read(connect(server.url, { tls: { ca: authority } }));
      assert.deepEqual([statusCode, server.tokens, server.apiRequests.length], [200, 1, 1]);
    });

    for (const [name, tls] of [
      ['server', {}],
      ['self-signed', { ca: authority }],
      ['expired', { ca: authority }],
      ['elsewhere', { ca: authority }],
    ] as readonly [CertificateName, object][]) {
      it(`does not talk to a server with the certificate "${name}", whatever is switched off`, async () => {
        const server = started(await secureServer(name));
        await withoutVerification(async () => {
          const client = connect(server.url, { tls: { ...tls, rejectUnauthorized: false } });
          await assert.rejects(read(client), { code: 'tls' });
          await assert.rejects(write(client), { code: 'tls', outcome: 'failed' });
        });
        assert.equal(server.requests.length, 0);
      });
    }

    it('shows a client certificate where the server asks for one', async () => {
      const server = started(
        await secureServer('server', { requestCert: true, rejectUnauthorized: true, ca: authority }),
      );
      const client = connect(server.url, { tls: { ca: authority, ...certificate('client') } });
      assert.equal((await read(client)).statusCode, 200);
      await assert.rejects(
        read(connect(server.url, { tls: { ca: authority } })),
        ({ code }: { code: string }) =>
          // The server may close before or after the client noticed.
          ['tls', 'reset'].includes(code),
      );
    });

    it('calls a plain server behind an https root a TLS failure', async () => {
      const server = started(await TestServer.start());
      await assert.rejects(read(connect(server.url.replace('http:', 'https:'))), { code: 'tls' });
    });
  });

  describe('through a proxy', () => {
    it('takes HTTPS_PROXY of the environment, in either case, on token and API calls', async () => {
      const server = started(await secureServer('server'));
      for (const name of ['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY']) {
        const proxy = started(await ConnectProxy.start());
        process.env[name] = name === 'https_proxy' ? proxy.host : proxy.url;
        await read(connect(server.url, { connections: 1, tls: { ca: authority } }));
        assert.deepEqual(proxy.tunnels, [`127.0.0.1:${server.port}`], name);
        delete process.env[name];
      }
      assert.equal(server.tokens, 3);
    });

    it('takes no proxy of the environment for a root without TLS: the client secret stays here', async () => {
      const server = started(await TestServer.start());
      const proxy = started(await ConnectProxy.start());
      for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) {
        process.env[name] = proxy.url;
        await read(connect(server.url));
        await read(connect(server.url.replace('127.0.0.1', 'localhost')));
        delete process.env[name];
      }
      assert.deepEqual([proxy.tunnels, server.tokens], [[], 6]);
    });

    it('leaves the hosts of NO_PROXY alone', async () => {
      const server = started(await secureServer('server'));
      const proxy = started(await ConnectProxy.start());
      process.env.HTTPS_PROXY = proxy.url;
      for (const exempt of ['127.0.0.1', `example.com, 127.0.0.1:${server.port}`, '*']) {
        process.env.NO_PROXY = exempt;
        await read(connect(server.url, { tls: { ca: authority } }));
      }
      assert.deepEqual(proxy.tunnels, []);
      process.env.NO_PROXY = '127.0.0.1:1,0.0.1,example.com';
      await read(connect(server.url, { tls: { ca: authority } }));
      assert.notEqual(proxy.tunnels.length, 0);
    });

    it('goes direct where that is said, as to the embedded sandbox', async () => {
      const server = started(await TestServer.start());
      process.env.HTTP_PROXY = 'http://127.0.0.1:9';
      assert.equal((await read(connect(server.url, { proxy: 'direct' }))).statusCode, 200);
    });

    it('prefers the chosen proxy, names itself to it, and keeps TLS to the API intact', async () => {
      const server = started(await secureServer('server', { requestCert: true, ca: authority }));
      const proxy = started(await ConnectProxy.start());
      process.env.HTTPS_PROXY = 'http://127.0.0.1:9';
      const chosen = { url: proxy.url, username: 'user', password: 'p:w' };
      await read(connect(server.url, { proxy: chosen, tls: { ca: authority, ...certificate('client') } }));
      const basic = `Basic ${Buffer.from('user:p:w').toString('base64')}`;
      assert.deepEqual(new Set(proxy.authorizations), new Set([basic]));
      await assert.rejects(read(connect(server.url, { proxy: chosen })), { code: 'tls' });
    });

    it('trusts an own CA for a proxy over TLS too', async () => {
      const server = started(await secureServer('server'));
      const proxy = started(await ConnectProxy.start(certificate('server')));
      await read(connect(server.url, { proxy: { url: proxy.url }, tls: { ca: authority } }));
      assert.equal(proxy.tunnels.length > 0, true);
    });

    for (const [name, tls] of [
      ['server', {}],
      ['expired', { ca: authority }],
    ] as readonly [CertificateName, object][]) {
      it(`does not name itself to a proxy with the certificate "${name}", whatever is switched off`, async () => {
        const server = started(await secureServer('server'));
        const proxy = started(await ConnectProxy.start(certificate(name)));
        const chosen = { url: proxy.url, username: 'user', password: 'secret' };
        await withoutVerification(async () => {
          const client = connect(server.url, { proxy: chosen, tls: { ...tls, rejectUnauthorized: false } });
          await assert.rejects(write(client), { code: 'tls', outcome: 'failed' });
        });
        assert.deepEqual(proxy.authorizations, []);
      });
    }

    for (const refusal of ['407 Proxy Authentication Required', '502 Bad Gateway', '403 Forbidden']) {
      it(`says that the proxy is at fault when it answers ${refusal.slice(0, 3)}`, async () => {
        const server = started(await TestServer.start());
        const proxy = started(await ConnectProxy.start());
        proxy.refusal = refusal;
        await assert.rejects(write(connect(server.url, { proxy: { url: proxy.url } })), {
          code: 'proxy',
          outcome: 'failed',
        });
        assert.equal(server.requests.length, 0);
      });
    }

    for (const url of ['http://127.0.0.1:9', 'socks5://127.0.0.1:1080', 'http://user:CANARY@ bad']) {
      it(`says that the proxy is at fault for ${url}, without quoting it`, async () => {
        const server = started(await TestServer.start());
        const error = await write(connect(server.url, { proxy: { url } })).catch((fault: unknown) => fault);
        assert.equal((error as { code: string }).code, 'proxy');
        assert.doesNotMatch(JSON.stringify(error), /CANARY/);
        assert.equal(server.requests.length, 0);
      });
    }
  });

  describe('when there is none', () => {
    it('says that the host is not known', async () => {
      const client = connect('https://no-such-host.invalid');
      await assert.rejects(write(client), { code: 'dns', outcome: 'failed' });
    });

    it('says that nothing listens', async () => {
      const server = await TestServer.start();
      const { url } = server;
      await server.stop();
      await assert.rejects(write(connect(url)), { code: 'connection_refused', outcome: 'failed' });
    });

    it('says that no answer came from something that listens and is silent', async () => {
      const url = await listen(() => undefined);
      await assert.rejects(read(connect(url, { timeout: 60 })), { code: 'timeout' });
    });

    it('says that what answers is no web server', async () => {
      const url = await listen((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
      await assert.rejects(read(connect(url)), { code: 'bad_response' });
    });
  });

  it('keeps its connections for the next call', async () => {
    const server = started(await TestServer.start());
    let connections = 0;
    server.server.on('connection', () => connections++);
    server.answers = [json(200, {})];
    const client = connect(server.url, { connections: 2, concurrency: 2 });
    await Promise.all(Array.from({ length: 50 }, () => read(client)));
    assert.equal(connections <= 3, true, `${connections} connections`);
  });
});
