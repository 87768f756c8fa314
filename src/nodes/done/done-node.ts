import type { Node, NodeAPI, NodeDef } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { asObject } from '../../lib/http/response';
import { endDelivery, outcomes } from '../../lib/inbox/end-delivery';
import { shared } from '../shared/config-node';
import type { FlowMessage } from '../shared/message';
import { onMessage } from '../shared/on-message';

export interface DoneDef extends NodeDef {
  outcome?: string;
  /** Seconds. */
  delay?: number | string;
}

const defaultDelay = 60;

export function buildDone(RED: NodeAPI, node: Node, def: DoneDef): void {
  const outcome = outcomes.find((name) => name === (def.outcome || 'done'));
  const given = def.delay === '' ? NaN : Number(def.delay ?? NaN);
  const delay = Number.isFinite(given) && given >= 0 ? given : defaultDelay;
  let failed = false;
  let warned = false;

  const end = async (msg: FlowMessage): Promise<void> => {
    if (!outcome) throw new OnegevityError('bad_parameter', { values: { name: 'outcome' } });
    if (outcome === 'done' && isPart(msg) && !warned) {
      warned = true;
      node.warn(RED._('warnings.part'));
    }
    await endDelivery(msg, outcome, delay * 1000);
  };
  const show = (error?: OnegevityError): void => {
    if (error) node.status({ fill: 'red', shape: 'ring', text: shared(RED, `status.${error.code}`) });
    else if (failed) node.status({});
    failed = error !== undefined;
  };

  onMessage(RED, node, { succeeded: show, failed: show }, end);
}

/** Whether this is one of several parts of a split message. The last one too: it may have overtaken the others. */
function isPart(msg: FlowMessage): boolean {
  const { id, count } = asObject(msg.parts) ?? {};
  // A part of a long list does not know the count.
  return id !== undefined && count !== 1;
}
