import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptOf } from '../support/command';
import { TestServer } from '../support/http-server';
import { vectors } from '../support/webhook';

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('the command onegevity-sign', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onegevity-sign-'));
  after(() => rmSync(folder, { recursive: true }));

  const run = async (args: string[], input: string | Uint8Array = '', env: object = {}): Promise<Run> => {
    const child = spawn(process.execPath, [scriptOf('onegevity-sign'), ...args], {
      env: { ...process.env, ONEGEVITY_WEBHOOK_SECRET: '', ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.on('error', () => undefined).end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, stdout, stderr };
  };

  for (const { name, secret, body, signature } of vectors.slice(9, 17)) {
    it(`signs "${name}" from a file and from standard input`, async () => {
      const file = join(folder, 'body');
      writeFileSync(file, body);
      const env = { ONEGEVITY_WEBHOOK_SECRET: secret };
      assert.equal((await run([file], '', env)).stdout, `${signature}\n`);
      assert.equal((await run(['--secret', secret], body)).stdout, `${signature}\n`);
    });
  }

  it('posts the bytes with their signature, and prints the answer', async () => {
    const server = await TestServer.start();
    try {
      const { body, secret, signature } = vectors.find(({ name }) => name === 'utf-8')!;
      const url = `${server.url}/api/v1/hook/order.created`;
      const { code, stdout } = await run(['--secret', secret, '--post', url], body);
      assert.deepEqual([code, stdout], [0, '200 {}\n']);
      const [request] = server.requests;
      assert.equal(request?.body, body);
      assert.equal(request?.headers['x-onegevity-signature'], signature);
    } finally {
      await server.stop();
    }
  });

  it('explains wrong uses', async () => {
    const uses: [string[], RegExp][] = [
      [[], /there is no secret/],
      [['--secret', ''], /there is no secret/],
      [['--secret', 's', 'a', 'b'], /only one file/],
      [['--secret', 's', '--post', 'ftp://x'], /must be an http/],
      [['--unknown'], /Unknown option/],
    ];
    for (const [args, message] of uses) {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(stdout, '');
    }
    const { code, stderr } = await run(['--secret', 'hush-hush', join(folder, 'missing')]);
    assert.equal(code, 1);
    assert.doesNotMatch(stderr, /hush-hush/);
    assert.match((await run(['--help'])).stdout, /^Usage: onegevity-sign/);
  });
});
