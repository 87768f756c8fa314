import type { Node, NodeAPI } from 'node-red';
import type { Receiver } from '../../lib/webhook/receiver';
import { type ClaimFault, webhookRouterOf } from './route/webhook-router';
import { Endpoint, type EndpointOwner } from './route/endpoint';
import type { ConfigNode } from '../shared/config-node';
import { savedReference } from '../shared/saved-reference';
import { registerWithSandbox } from './sandbox';
import type { WebhookOptions } from './options';
import type { WebhookStatus } from './status';

interface Listener {
  options: WebhookOptions;
  config: ConfigNode | undefined;
  receiver: Receiver;
  status: WebhookStatus;
}

/**
 * Connects a receiver to its path on Node-RED's web server, and with the sandbox where that is its environment.
 * @returns its removal, which is told whether the node was deleted
 */
export function listen(
  RED: NodeAPI,
  node: Node,
  { options, config, receiver, status }: Listener,
): (removed: boolean) => void {
  const fail = (code: ClaimFault | 'no_http'): void => {
    status.setFault(code, status.text(`status.${code}`));
    node.error(status.text(`errors.${code}`, { path: savedReference(RED, node, ['path']) ?? options.path }));
  };
  const router = webhookRouterOf(RED);
  if (!router) {
    fail('no_http');
    return () => undefined;
  }
  const metrics = node.metric() === true;
  const owner: EndpointOwner = {
    receiver,
    fast: options.respond === 'received' && !metrics,
    ...(metrics
      ? { metric: (event, value) => node.metric(event, { _msgid: RED.util.generateId() }, value) }
      : {}),
    onBlocked: (blocked) => {
      if (blocked) fail('path_in_use');
      else status.setFault();
    },
    // Not lasting: nothing shows whether it was signed, so anybody can bring it about.
    onBodyConsumed: () => status.warn(status.text('errors.body_consumed')),
    onMiddlewareError: () => status.warn(status.text('errors.middleware')),
  };
  let endpoint: Endpoint | undefined;
  let leaveSandbox: (() => void) | undefined;
  const claim = (): void => {
    const claimed = router.claim(options.path, owner);
    if (claimed instanceof Endpoint) {
      endpoint = claimed;
      stopRetries();
      status.setFault(claimed.blocked ? 'path_in_use' : undefined);
      leaveSandbox = registerWithSandbox(RED, config, router.urlPath(claimed), options.selected);
    } else if (status.faultCode !== claimed) fail(claimed);
  };
  const stopRetries = router.onFlowsStarted(() => endpoint ?? claim());
  claim();
  return (removed) => {
    stopRetries();
    leaveSandbox?.();
    endpoint?.detach(owner, removed);
  };
}
