import { Keyring } from '../../src/lib/inbox/keyring';
import { RedisServer } from '../../test/support/redis-server';

/** What a webhook node and its config node need to use one kind of inbox. */
export interface Kind {
  /** Properties of the webhook node. */
  properties: { inbox: string };
  /** Credentials of the config node. */
  credentials: Record<string, string>;
  /** Ends what was started for it. */
  stop(): Promise<void>;
}

const nothing = () => Promise.resolve();

export interface RedisKind extends Kind {
  server: RedisServer;
}

/** With a server of its own, which syncs everything. */
export async function redisKind(): Promise<RedisKind> {
  const server = await RedisServer.start();
  return {
    properties: { inbox: 'redis' },
    credentials: { inboxKey: Keyring.generate(), redisUrl: server.url },
    stop: () => server.remove(),
    server,
  };
}

/** The kinds that can be measured; `none` is what the others are compared with. */
export const kinds = {
  none: () => Promise.resolve({ properties: { inbox: 'none' }, credentials: {}, stop: nothing }),
  disk: () =>
    Promise.resolve({
      properties: { inbox: 'disk' },
      credentials: { inboxKey: Keyring.generate() },
      stop: nothing,
    }),
  redis: redisKind,
} satisfies Record<string, () => Promise<Kind>>;

export type KindName = keyof typeof kinds;
