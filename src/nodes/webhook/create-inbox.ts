import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/api/errors';
import { diskInbox, type Inbox } from '../../lib/webhook/inbox';
import type { InboxOptions } from '../../lib/webhook/inbox/inbox';
import { Keyring } from '../../lib/webhook/inbox/keyring';
import type { ConfigNode } from '../shared/config-node';
import type { WebhookOptions } from './options';

/** Settings of settings.js. */
interface InboxSettings {
  userDir?: string;
  onegevityInboxMaxEvents?: unknown;
  onegevityInboxMaxBytes?: unknown;
}

/**
 * Creates the inbox that a webhook node has chosen.
 * @throws OnegevityError `inbox_key_missing`, `inbox_key_bad`, `env_not_set`, `bad_parameter`
 */
export async function createInbox(
  RED: NodeAPI,
  nodeId: string,
  options: WebhookOptions,
  config: ConfigNode,
): Promise<Inbox> {
  const { current, previous } = config.inboxKeys();
  const keyring = new Keyring(current, previous);
  const { visibility, attempts } = options;
  const inboxOptions: InboxOptions = { visibility, attempts, ...bounds(RED) };
  if (options.inbox !== 'disk') throw new OnegevityError('bad_parameter', { values: { name: 'inbox' } });
  return Promise.resolve(diskInbox(inboxFolder(RED, nodeId), keyring, inboxOptions));
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
