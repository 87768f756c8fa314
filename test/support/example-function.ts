import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a function node of an example gives back for a message. */
export type ExampleFunction = (msg: object) => (object | null)[];

/** @returns a function node of an example as Node-RED runs it, with these environment variables of its tab */
export function exampleFunction(
  example: string,
  name: string,
  variables: Readonly<Record<string, string>> = {},
): ExampleFunction {
  const file = join(__dirname, '../../examples', `${example}.json`);
  const nodes = JSON.parse(readFileSync(file, 'utf8')) as { type: string; name?: string; func?: string }[];
  const source = nodes.find((node) => node.type === 'function' && node.name === name)?.func;
  assert.ok(source, name);
  const env = { get: (variable: string) => variables[variable] };
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('msg', 'env', source) as (msg: object, environment: object) => (object | null)[];
  return (msg) => run(msg, env);
}
