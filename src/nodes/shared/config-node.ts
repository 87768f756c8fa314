import type { Node, NodeAPI } from 'node-red';
import type { ApiClient } from '../../lib/api/client';
import type { Environment } from '../../lib/onegevity/environments';
import { OnegevityError } from '../../lib/errors';
import type { RedisOptions } from '../../lib/inbox/redis';

/** What other nodes see of an `onegevity-config` node. */
export interface ConfigNode extends Node {
  /** Undefined where the configuration is faulty: see {@link problem}. */
  readonly environment: Environment | undefined;
  /** What keeps every call from being made. */
  problem(): OnegevityError | undefined;
  /** A deploy brings nodes that need scopes: with the scope choice `minimal` no token is asked for before it ends. */
  expectNodes(): void;
  /** @throws OnegevityError */
  client(): Promise<ApiClient>;
  /** In the sandbox, the sandbox's own secret. @throws OnegevityError `env_not_set` */
  webhookSecrets(): Promise<{ current?: string; previous?: string }>;
  /** The keys of durable inboxes; in the sandbox, where data are made up, a known one. @throws OnegevityError `env_not_set` */
  inboxKeys(): { current?: string; previous?: string };
  /** How Redis is reached. @throws OnegevityError `env_not_set`, `linked_node_missing` */
  redis(): RedisOptions;
  /** Registers a receiver with the embedded sandbox; elsewhere it does nothing. @returns its removal */
  registerReceiver(url: string, topics?: readonly string[]): Promise<() => void>;
}

const type = 'onegevity-config';

/** Translates a key of the catalogue that all nodes share. */
export function shared(RED: NodeAPI, key: string, values: Record<string, string | number> = {}): string {
  return RED._(`@lowcode-health/node-red-onegevity/${type}:${key}`, values);
}

/** @returns the error with its message in the user's language; anything foreign becomes `internal` */
export function translated(RED: NodeAPI, error: unknown): OnegevityError {
  const known = error instanceof OnegevityError ? error : new OnegevityError('internal');
  known.message = shared(RED, `errors.${known.code}`, known.values);
  return known;
}
