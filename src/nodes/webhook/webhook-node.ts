import type { Node, NodeAPI } from 'node-red';
import { DedupWindow } from '../../lib/webhook/dedup';
import type { RejectionReason, Rejection, WebhookEvent } from '../../lib/webhook/event';
import type { Exchange } from '../../lib/webhook/exchange';
import { Outputs } from '../../lib/webhook/outputs';
import { RateLimit } from '../../lib/webhook/rate-limit';
import { Receiver } from '../../lib/webhook/receiver';
import { ConfigLink } from '../shared/config-link';
import type { ConfigNode } from '../shared/config-node';
import { whenFlowsRun } from '../shared/flow-state';
import { listen } from './listen';
import { type WebhookDef, webhookOptions, type WebhookOptions } from './options';
import { WebhookInbox, warnOfLeftovers } from './webhook-inbox';
import { rejectionMessage, webhookMessage } from './message';
import { CountedLog } from './counted-log';
import { secretsFor } from './secrets';
import { WebhookStatus } from './status';

type WiredNode = Node & { wires?: string[][] };

export function buildWebhook(RED: NodeAPI, node: WiredNode, def: WebhookDef): void {
  const { apiMaxLength } = RED.settings as unknown as { apiMaxLength?: unknown };
  const options = webhookOptions(def, apiMaxLength);
  new ConfigLink(RED, node, def.config).onEach((config) => receive(RED, node, options, config));
}

/**
 * Receives with one configuration's secrets, inbox and sandbox.
 * @returns its end, which is told whether the node was deleted
 */
function receive(
  RED: NodeAPI,
  node: WiredNode,
  options: WebhookOptions,
  config: ConfigNode | undefined,
): (removed: boolean) => Promise<void> {
  const status = new WebhookStatus(RED, node);
  const outputs = new Outputs({
    selected: options.selected,
    duplicates: options.duplicatesOutput,
    rejected: options.rejectedOutput,
    deadLetters: options.deadLetterOutput,
  });
  const rejectionLimit = new RateLimit(5, 1);
  const durable = options.inbox !== 'none';
  // A durable inbox remembers by itself, also after a restart.
  const duplicates =
    options.duplicateWindow > 0 && !durable ? new DedupWindow(options.duplicateWindow) : undefined;
  let previousMatched = false;
  let ended = false;
  const counts = { received: 0, rejected: 0, duplicates: 0, unwired: 0 };
  const isWired = (output: number): boolean => (node.wires?.[output]?.length ?? 0) > 0;
  /** Node-RED says nothing where the node at the end of a wire is disabled or missing. */
  const leadsToNode = (output: number): boolean =>
    (node.wires?.[output] ?? []).some((id) => Boolean(RED.nodes.getNode(id)));
  const rejectionLog = new CountedLog<RejectionReason>((reasons) => {
    const list = [...reasons].map(([reason, count]) => `${status.text(`reasons.${reason}`)}: ${count}`);
    node.warn(status.text('errors.rejected', { reasons: list.join(', ') }));
  });

  /** What came last, and beside it what must not be forgotten because of that. */
  const summary = (last: string): string => {
    const { rejected, unwired } = counts;
    return [
      last,
      ...(unwired > 0 ? [status.text('status.unwired', { count: unwired })] : []),
      ...(rejected > 0 ? [status.text('status.rejected', { count: rejected })] : []),
    ].join(' · ');
  };
  const onEvent = (event: WebhookEvent, exchange?: Exchange): void => {
    const count = ++counts.received;
    const output = outputs.indexOf(event);
    if (!leadsToNode(output)) counts.unwired++;
    const { topic } = event;
    status.setEvent('green', () => {
      const key = count === 1 ? 'status.event' : 'status.events';
      return summary(status.text(key, { topic: topic ?? status.text('ports.other'), count }));
    });
    node.send(outputs.toArray(webhookMessage(RED, event, exchange), output));
  };
  const onDuplicate = (event: WebhookEvent): void => {
    const count = ++counts.duplicates;
    status.setEvent('green', () => summary(status.text('status.duplicates', { count })));
    if (outputs.duplicates !== undefined) {
      node.send(outputs.toArray(webhookMessage(RED, event), outputs.duplicates));
    }
  };
  const onRejected = (rejection: Rejection): void => {
    const count = ++counts.rejected;
    const { reason } = rejection;
    rejectionLog.add(reason);
    status.setEvent('red', () =>
      status.text('status.refused', { reason: status.text(`reasons.${reason}`), count }),
    );
    if (outputs.rejected === undefined) return;
    const suppressed = rejectionLimit.tryAcquire();
    if (suppressed === undefined) return;
    node.send(outputs.toArray(rejectionMessage(rejection, suppressed), outputs.rejected));
  };

  const emitDead = (event: WebhookEvent): void => {
    if (outputs.deadLetters === undefined) return;
    node.send(outputs.toArray(webhookMessage(RED, event), outputs.deadLetters));
  };
  const inbox = durable
    ? new WebhookInbox(RED, node, {
        options,
        config,
        status,
        isWired: (event) => isWired(outputs.indexOf(event)),
        emit: onEvent,
        emitDuplicate: onDuplicate,
        emitDead,
      })
    : undefined;
  // What the node cannot tell the topic of leaves there, and whatever the vendor adds.
  const wiring = whenFlowsRun(RED);
  const warnOfOther = (): void => {
    if (!ended && !leadsToNode(outputs.other)) node.warn(status.text('errors.other_unwired'));
  };
  wiring.started.then(warnOfOther, () => undefined);
  if (options.inbox !== 'disk') warnOfLeftovers(RED, node, status).catch(() => undefined);

  const receiver = new Receiver({
    ...options,
    duplicates,
    store: inbox?.store,
    // What a retry cannot mend, and what no wire leads to a response from, is answered at once.
    answeredByFlow: (event) =>
      options.respond === 'flow' &&
      (!event.reason || ['topic_uncertain', 'not_selected'].includes(event.reason)) &&
      isWired(outputs.indexOf(event)),
    onEvent,
    onDuplicate,
    onRejected,
    onLate: () => {
      status.setEvent('yellow', () => status.text('status.flow_late'));
      status.warn(status.text('errors.flow_late', { seconds: options.responseTimeout / 1000 }));
    },
    onPreviousSecret: () => {
      if (previousMatched) return;
      previousMatched = true;
      status.setLasting('yellow', status.text('status.previous_secret'));
      node.warn(status.text('errors.previous_secret'));
    },
  });
  secretsFor(RED, node, status, config, options.acceptUnsigned).then(
    (secrets) => receiver.setSecrets(secrets),
    () => receiver.setSecrets({}),
  );
  const stop = listen(RED, node, { options, config, receiver, status });

  return async (removed) => {
    ended = true;
    wiring.cancel();
    stop(removed);
    rejectionLog.close();
    status.close();
    duplicates?.clear();
    await receiver.close();
    await inbox?.close(removed);
  };
}
