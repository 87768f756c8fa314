export interface SandboxOptions {
  /** Seconds a step. */
  pace?: number;
  unref?: boolean;
}

export interface Sandbox {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly webhookSecret: string;
  registerWebhook(receiver: { url: string; topics?: readonly string[] }): string;
  removeWebhook(id: string): void;
}

/** Not there yet: the sandbox's server is built beside this and takes this file's place. */
export function startSandbox(_options: SandboxOptions): Promise<Sandbox> {
  return Promise.reject(new Error('The sandbox is not part of this build yet.'));
}
