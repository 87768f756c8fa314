#!/usr/bin/env node
/** `npx onegevity-sandbox`: the sandbox as a server of its own. Prints one JSON line when it is ready. */
import { parseArgs } from 'node:util';
import { startSandbox, type SandboxOptions } from '../sandbox/index';

const USAGE = `Usage: onegevity-sandbox [options]
  --port N       port to listen on, 0 for a free one (default 4010)
  --host ADDRESS address to listen on (default 127.0.0.1)
  --allow-host NAME  a name, beside localhost, by which the page and the control routes may be called
  --control-token TEXT  opens the page and the control routes to whoever has it; needed where other computers can
                 connect (default there: a new one at each start, printed)
  --pace N       seconds that a step of an order takes, 0 to move orders by hand only (default 2)
  --seed N       names the made-up data (default 1)
  --patients N   number of made-up patients, up to 100000 (default 25)
  --secret TEXT  secret that signs webhooks (default: a new one at each start)
  --help         this text`;

class UsageError extends Error {}

function readArguments(args: string[]): SandboxOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string', default: '4010' },
      host: { type: 'string', default: '127.0.0.1' },
      'allow-host': { type: 'string', multiple: true, default: [] },
      'control-token': { type: 'string' },
      pace: { type: 'string', default: '2' },
      seed: { type: 'string', default: '1' },
      patients: { type: 'string', default: '25' },
      secret: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  if (values.secret === '') throw new UsageError('--secret must not be empty');
  const { 'control-token': controlToken } = values;
  if (controlToken !== undefined && !/^[\x21-\x7e]{16,}$/.test(controlToken))
    throw new UsageError('--control-token must have at least 16 characters, and no space');
  return {
    ...(controlToken !== undefined && { controlToken }),
    port: wholeNumber('port', values.port, 65_535),
    host: values.host,
    allowedHosts: values['allow-host'],
    pace: seconds('pace', values.pace),
    seed: wholeNumber('seed', values.seed, 2 ** 31 - 1),
    patients: wholeNumber('patients', values.patients, 100_000),
    ...(values.secret !== undefined && { webhookSecret: values.secret }),
  };
}

function wholeNumber(name: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (!(value <= max))
    throw new UsageError(`--${name} must be a whole number from 0 to ${max}, not "${text}"`);
  return value;
}

function seconds(name: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (!(value <= 86_400)) throw new UsageError(`--${name} must be a number of seconds, not "${text}"`);
  return value;
}

async function main(): Promise<void> {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') {
    console.log(USAGE);
    return;
  }
  const sandbox = await startSandbox(options);
  const { url, clientId, clientSecret, webhookSecret, controlToken } = sandbox;
  const needsToken = sandbox.isOpen || options.controlToken !== undefined;
  const control = needsToken
    ? { controlToken, page: `${url}/#token=${encodeURIComponent(controlToken)}` }
    : {};
  console.log(JSON.stringify({ url, clientId, clientSecret, webhookSecret, ...control }));
  const stop = (): void => {
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main().catch((error: unknown) => {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    console.error('onegevity-sandbox: the port is in use; choose another with --port');
  else console.error(`onegevity-sandbox: ${message}`);
  const usage = error instanceof UsageError || code.startsWith('ERR_PARSE_ARGS');
  if (usage) console.error(USAGE);
  process.exitCode = usage ? 2 : 1;
});
