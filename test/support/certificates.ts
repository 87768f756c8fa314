import { readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import { join } from 'node:path';
import { TestServer } from './http-server';

const folder = join(__dirname, '..', 'fixtures', 'tls');

/** Names of the test certificates; `test/fixtures/tls/make.sh` says what each one is. */
export type CertificateName = 'server' | 'client' | 'expired' | 'elsewhere' | 'self-signed';

export const authorityFile = join(folder, 'ca.pem');
export const authority = readFileSync(authorityFile, 'utf8');

/** @returns certificate and key as PEM */
export function certificate(name: CertificateName): { cert: string; key: string } {
  const read = (end: string) => readFileSync(join(folder, `${name}.${end}`), 'utf8');
  return { cert: read('pem'), key: read('key') };
}

/** Starts a test server that shows a certificate. */
export function secureServer(name: CertificateName, options: ServerOptions = {}): Promise<TestServer> {
  return TestServer.start((handler) => createServer({ ...certificate(name), ...options }, handler));
}
