import { Keyring } from '../../src/lib/webhook/inbox/keyring';

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

/** The kinds that can be measured; `none` is what the others are compared with. */
export const kinds = {
  none: () => Promise.resolve({ properties: { inbox: 'none' }, credentials: {}, stop: nothing }),
  disk: () =>
    Promise.resolve({
      properties: { inbox: 'disk' },
      credentials: { inboxKey: Keyring.generate() },
      stop: nothing,
    }),
} satisfies Record<string, () => Promise<Kind>>;

export type KindName = keyof typeof kinds;
