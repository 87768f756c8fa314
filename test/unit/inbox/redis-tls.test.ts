import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server, type TlsOptions } from 'node:tls';
import { type RedisOptions, redisConnect } from '../../../src/lib/inbox/redis/connection';
import { faultOf } from '../../../src/lib/inbox/redis/server-errors';
import { authority, certificate, type CertificateName } from '../../support/certificates';
import { useRedis } from '../../support/redis-server';

describe('A connection to Redis over TLS', () => {
  const redis = useRedis();
  let front: Server | undefined;
  afterEach(() => void front?.close());

  /** Encrypts what Redis itself speaks in the clear. @returns its port */
  async function encrypt(name: CertificateName, options: TlsOptions = {}): Promise<number> {
    front = createServer({ ...certificate(name), ...options }, (socket) => {
      const behind = connect(redis().port, '127.0.0.1');
      socket.pipe(behind).pipe(socket);
      for (const [one, other] of [
        [socket, behind],
        [behind, socket],
      ] as const)
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
    });
    front.on('tlsClientError', () => undefined);
    await once(front.listen(0, '127.0.0.1'), 'listening');
    return (front.address() as AddressInfo).port;
  }

  async function answer(options: RedisOptions): Promise<string> {
    const connection = await (await redisConnect(options))(() => undefined);
    try {
      return String(await connection.command('PING'));
    } finally {
      await connection.close();
    }
  }

  it('is made by rediss:// and by a TLS configuration, where the certificate is trusted', async () => {
    const port = await encrypt('server');
    const tls = { ca: authority };
    assert.equal(await answer({ url: `rediss://127.0.0.1:${port}`, tls }), 'PONG');
    assert.equal(await answer({ url: `redis://127.0.0.1:${port}`, tls }), 'PONG');
  });

  it('shows the certificate of the client to a server that asks for one', async () => {
    const port = await encrypt('server', { ca: authority, requestCert: true, rejectUnauthorized: true });
    const url = `rediss://127.0.0.1:${port}`;
    await assert.rejects(answer({ url, tls: { ca: authority } }));
    assert.equal(await answer({ url, tls: { ca: authority, ...certificate('client') } }), 'PONG');
  });

  for (const name of ['expired', 'elsewhere', 'self-signed'] as const)
    it(`is refused with a certificate that is ${name}, also where the configuration would not verify it`, async () => {
      const url = `rediss://127.0.0.1:${await encrypt(name)}`;
      const refused = answer({ url, tls: { ca: authority, rejectUnauthorized: false } });
      await assert.rejects(refused, (error) => faultOf(error).code === 'redis_tls');
    });
});
