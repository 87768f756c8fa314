/** The tables of README.md that follow from the sources. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { operations } from '../../src/generated/operations';
import type { Operation } from '../../src/lib/api/operation';
import { targets } from '../compat/targets';
import { packageRoot } from '../support/npm';
import { table } from './markdown';

/** Node types that offer no tag of the description. */
const others: Readonly<Record<string, string>> = {
  'onegevity-config': 'environment, credentials, access token and limits for all nodes that use it',
  'onegevity-request': "calls any method and path, for what the other nodes don't cover",
  'onegevity-webhook': 'receives signed events, each topic on its own output',
  'onegevity-done': 'marks an event from a durable inbox as done, retries it, or dead-letters it',
  'onegevity-ui-kit': "serves web pages with Onegevity's widgets",
};

/** @throws Error for a node type that nothing is known of */
export function nodeTable(): string {
  const read = (file: string) => readFileSync(join(packageRoot, file), 'utf8');
  const manifest = JSON.parse(read('package.json')) as { 'node-red': { nodes: Record<string, string> } };
  const { tags } = load(read('openapi/onegevity-v1.yaml')) as {
    tags: { name: string; description: string }[];
  };
  const rows = Object.keys(manifest['node-red'].nodes).map((type) => {
    const tag = tags.find(({ name }) => `onegevity-${name.replace(/s$/, '')}` === type);
    const text = tag?.description ?? others[type];
    if (!text) throw new Error(`scripts/docs/readme.ts does not know ${type}`);
    return [`\`${type}\``, lowerFirst(text), tag ? operationsOf(tag.name) : ''];
  });
  return table(['node', 'what it does', 'operations'], rows);
}

export function supportTable(): string {
  return table(['Node-RED', 'Node.js'], targets.map(({ nodeRed, node }) => [nodeRed, String(node)]).sort());
}

function operationsOf(tag: string): string {
  const offered = Object.values<Operation>(operations).filter((operation) => operation.tag === tag);
  return offered.map(({ id }) => `\`${id}\``).join(', ');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
