import type { TlsOptions } from '../../http/transport';
import { OnegevityError } from '../../errors';
import type { Argument } from './script';

/** One connection to a server. It does not come back by itself. */
export interface Connection {
  /** Rejects with whatever the client or the server says. */
  command(...parts: Argument[]): Promise<unknown>;
  /** Ends after what is under way. */
  close(): Promise<void>;
  /** Ends at once: what is under way rejects. */
  destroy(): void;
}

/** Opens a connection. @param lost called once when it breaks, also while it is being opened */
export type Connect = (lost: (error?: unknown) => void) => Promise<Connection>;

export interface RedisOptions {
  /** `redis://` or `rediss://`; may name a user, a password and the number of a database. */
  url: string;
  username?: string;
  password?: string;
  /** Makes the connection encrypted, whatever the URL says. The certificate is verified in any case. */
  tls?: TlsOptions;
}

/** Milliseconds without a byte after which a connection counts as broken; an idle one says something more often. */
const silence = 15_000;

/**
 * Loads the Redis client, which is not installed with this package.
 * @throws OnegevityError `redis_missing`, `redis_url_bad`
 */
export async function redisConnect(options: RedisOptions): Promise<Connect> {
  const url = checkedUrl(options.url);
  const redis = await import('redis').catch(() => {
    throw new OnegevityError('redis_missing');
  });
  const { username, password, tls } = options;
  const encrypted = tls !== undefined || url.protocol === 'rediss:';
  // The client rejects to encrypt what the URL has in the clear.
  if (encrypted) url.protocol = 'rediss:';
  return async (lost) => {
    const client = redis.createClient({
      url: url.href,
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      // What comes back is the link's concern, which opens a new connection.
      socket: {
        reconnectStrategy: false,
        socketTimeout: silence,
        ...(encrypted ? { ...tls, tls: true, rejectUnauthorized: true } : {}),
      },
      disableOfflineQueue: true,
      disableClientInfo: true,
      maintNotifications: 'disabled',
      RESP: 2,
      commandOptions: { typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } },
    });
    client.on('error', lost);
    await client.connect();
    return {
      command: (...parts) =>
        client.sendCommand(parts.map((part) => (typeof part === 'number' ? String(part) : part))),
      close: () => client.close(),
      destroy: () => client.destroy(),
    };
  };
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname || !/^rediss?:$/.test(url.protocol)) throw new OnegevityError('redis_url_bad');
  // The client takes the user of the URL for encoded, and throws where it is not well so.
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new OnegevityError('redis_url_bad');
  }
  // As the client demands: a number of a database or nothing.
  if (!/^\/?\d*$/.test(url.pathname)) throw new OnegevityError('redis_url_bad');
  return url;
}
