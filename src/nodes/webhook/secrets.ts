import type { Node, NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import type { Secrets } from '../../lib/webhook/signature';
import { type ConfigNode, shared, translated } from '../shared/config-node';
import type { WebhookStatus } from './status';

/**
 * Gets the secrets, and shows the lasting status that follows from them. Where there are none, every delivery is
 * rejected.
 */
export async function secretsFor(
  RED: NodeAPI,
  node: Node,
  status: WebhookStatus,
  config: ConfigNode | undefined,
  acceptUnsigned: boolean,
): Promise<Secrets> {
  let secrets: Secrets = {};
  let fault: { status: string; error: string } | undefined;
  try {
    secrets = (await config?.webhookSecrets()) ?? {};
    if (!config) throw new OnegevityError('no_config');
    if (!secrets.current && !secrets.previous)
      fault = { status: status.text('status.no_secret'), error: status.text('errors.no_secret') };
  } catch (error) {
    // No configuration, an environment variable that is not set, or a sandbox that does not start.
    const { code, message } = translated(RED, error);
    fault = { status: shared(RED, `status.${code}`), error: message };
  }
  if (fault && !acceptUnsigned) {
    status.setLasting('red', fault.status);
    node.error(fault.error);
  } else if (acceptUnsigned) status.setLasting('yellow', status.text('status.unsigned'));
  else if (config?.environment === 'sandbox') status.setLasting('yellow', status.text('status.sandbox'));
  else status.setLasting();
  return secrets;
}
