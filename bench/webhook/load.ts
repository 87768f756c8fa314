import { createHmac } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { path, secret } from './servers';

export interface Measured {
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  count: number;
  statuses: Record<string, number>;
}

/** The load generator, in a process of its own. */
export class Load {
  readonly #child: ChildProcess = fork(join(__dirname, 'load.cjs'));

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** @param requests sent in turn; `seconds` or `count` says when to stop */
  measure(
    url: string,
    {
      requests = [request(1)],
      ...more
    }: { requests?: string[]; connections: number; seconds?: number; count?: number },
  ): Promise<Measured> {
    return this.#ask({ kind: 'measure', url: parts(url), requests, ...more });
  }

  refuse(
    url: string,
    task: { posts: number; bytes: number; connections: number; chunked: boolean },
  ): Promise<{ statuses: Record<string, number> }> {
    return this.#ask({ kind: 'refuse', url: parts(url), ...task });
  }

  stop(): void {
    this.#child.disconnect();
  }

  async #ask<T>(task: object): Promise<T> {
    this.#child.send(task);
    const [result] = (await once(this.#child, 'message')) as [T & { error?: string }];
    if (result.error) throw new Error(result.error);
    return result;
  }
}

function parts(url: string): { hostname: string; port: string; path: string } {
  const { hostname, port, pathname } = new URL(url);
  return { hostname, port, path: pathname };
}

/** A signed delivery, ready to be written; 117 bytes of body as in the vendor's example. */
export function request(id: number): string {
  const body = JSON.stringify(
    { id, orderIdentifier: 'O13988', patientIdentifier: 'PO37011', padding: '' },
    undefined,
    4,
  ).padEnd(117);
  const signature = createHmac('sha256', secret).update(body).digest('base64');
  return (
    `POST ${path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n` +
    `X-Onegevity-Signature: ${signature}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}
