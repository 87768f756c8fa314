#!/usr/bin/env node
/** `npx onegevity-sign`: signs a body as the vendor signs its webhooks, and can post it to a webhook node. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { sign, signatureHeader } from '../lib/webhook/signature';

const USAGE = `Usage: onegevity-sign [file] [options]
Prints the signature of a file, or of standard input, over its bytes as they are.
  --secret TEXT  the webhook secret (default: the environment variable ONEGEVITY_WEBHOOK_SECRET, which unlike an
                 option does not show in the list of processes)
  --post URL     posts the body with its signature and prints the status of the answer instead
  --help         this text`;

class UsageError extends Error {}

interface Task {
  body: Buffer;
  secret: string;
  post: string | undefined;
}

function readTask(args: string[]): Task | 'help' {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      secret: { type: 'string' },
      post: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const secret = values.secret ?? process.env.ONEGEVITY_WEBHOOK_SECRET ?? '';
  if (secret === '')
    throw new UsageError('there is no secret: set ONEGEVITY_WEBHOOK_SECRET or give --secret');
  const [file, ...more] = positionals;
  if (more.length > 0) throw new UsageError('only one file can be signed at a time');
  const { post } = values;
  if (post !== undefined && !/^https?:$/.test(URL.canParse(post) ? new URL(post).protocol : '')) {
    throw new UsageError('--post must be an http(s) URL');
  }
  // 0 is standard input.
  return { body: readFileSync(file === undefined || file === '-' ? 0 : file), secret, post };
}

async function main(): Promise<void> {
  const task = readTask(process.argv.slice(2));
  if (task === 'help') {
    console.log(USAGE);
    return;
  }
  const signature = sign(task.body, task.secret);
  if (task.post === undefined) {
    console.log(signature);
    return;
  }
  const response = await fetch(task.post, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', [signatureHeader]: signature },
    body: new Uint8Array(task.body),
  });
  const text = await response.text();
  console.log(`${response.status} ${text.slice(0, 200)}`.trim());
  if (!response.ok) process.exitCode = 1;
}

main().catch((error: unknown) => {
  const { code = '', message = '', cause } = error as NodeJS.ErrnoException;
  const reason = cause instanceof Error ? cause.message : message;
  console.error(`onegevity-sign: ${reason}`);
  const usage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS');
  if (usage) console.error(USAGE);
  process.exitCode = usage ? 2 : 1;
});
