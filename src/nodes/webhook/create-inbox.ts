import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { isLoopback } from '../../lib/http/loopback';
import { diskInbox, type Inbox, redisInbox } from '../../lib/inbox';
import type { InboxOptions } from '../../lib/inbox/contract';
import { Keyring } from '../../lib/inbox/keyring';
import type { ConfigNode } from '../shared/config-node';
import type { WebhookOptions } from './options';

/** Settings of settings.js. */
interface InboxSettings {
  userDir?: string;
  onegevityInboxMaxEvents?: unknown;
  onegevityInboxMaxBytes?: unknown;
}

interface InboxLocation {
  RED: NodeAPI;
  nodeId: string;
  config: ConfigNode;
}

/** The kinds of durable inbox by their saved names. */
const kinds: Readonly<
  Record<string, (place: InboxLocation, keyring: Keyring, options: InboxOptions) => Inbox | Promise<Inbox>>
> = {
  disk: ({ RED, nodeId }, keyring, options) => diskInbox(inboxFolder(RED, nodeId), keyring, options),
  redis: ({ nodeId, config }, keyring, options) => redisInbox(nodeId, config.redis(), keyring, options),
};

/**
 * Creates the inbox that a webhook node has chosen.
 * @throws OnegevityError `inbox_key_missing`, `inbox_key_bad`, `env_not_set`, `bad_parameter`, `linked_node_missing`,
 *   `redis_missing`, `redis_url_bad`
 */
export async function createInbox(
  RED: NodeAPI,
  nodeId: string,
  options: WebhookOptions,
  config: ConfigNode,
): Promise<Inbox> {
  const { current, previous } = config.inboxKeys();
  const keyring = new Keyring(current, previous);
  const { visibilityTimeout, maxAttempts } = options;
  const inboxOptions: InboxOptions = { visibilityTimeout, maxAttempts, ...bounds(RED) };
  const create = kinds[options.inbox];
  if (!create) throw new OnegevityError('bad_parameter', { values: { name: 'inbox' } });
  return create({ RED, nodeId, config }, keyring, inboxOptions);
}

/**
 * Whether what goes to Redis can be read on a network: its password and the times of events. The events themselves are
 * encrypted in any case.
 */
export function isUnencrypted({ url, tls }: ReturnType<ConfigNode['redis']>): boolean {
  const { protocol, hostname } = new URL(url);
  return tls === undefined && protocol === 'redis:' && !isLoopback(hostname);
}

/** Where the inbox of a node lies. */
export function inboxFolder(RED: NodeAPI, nodeId: string): string {
  const { userDir } = RED.settings as unknown as InboxSettings;
  if (!userDir) throw new OnegevityError('inbox_unavailable');
  // Ids of flows written by hand may be anything.
  const name = /^[\w-]{1,64}$/.test(nodeId) ? nodeId : createHash('sha256').update(nodeId).digest('hex');
  return join(userDir, 'onegevity', 'inbox', name);
}

function bounds(RED: NodeAPI): Pick<InboxOptions, 'maxEvents' | 'maxBytes'> {
  const settings = RED.settings as unknown as InboxSettings;
  const maxEvents = positive(settings.onegevityInboxMaxEvents);
  const maxBytes = positive(settings.onegevityInboxMaxBytes);
  return { ...(maxEvents ? { maxEvents } : {}), ...(maxBytes ? { maxBytes } : {}) };
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
