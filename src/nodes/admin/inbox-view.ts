import type { NodeAPI } from 'node-red';
import type { DeadLetter, Inbox, InboxStats } from '../../lib/inbox/contract';
import { knownInbox } from '../../lib/inbox/registry';
import { instancesOf, placeOf } from '../shared/instances';
import { adminRoute, type AdminRequest } from './http';

/** What the webhook node's dialog shows of its inbox: no patient data. */
export interface InboxView {
  stats: InboxStats;
  deadLetters: DeadLetter[];
  /** Whether there are dead letters behind these. */
  more: boolean;
}

/** A webhook node that runs: in a subflow there is one for each instance. */
export interface InboxOwner {
  /** Its id in the runtime, which names its inbox. */
  node: string;
  /** The editor's ids of its tab and of the subflow instances around it. */
  place: string[];
}

const place = '/onegevity/inbox/:node';
const pageSize = 50;

/** Serves the inboxes of running webhook nodes to the editor's dialog, for those who may see and change them. */
export function addInboxView(RED: NodeAPI): void {
  adminRoute(RED, 'get', '/onegevity/inboxes/:node', 'onegevity-webhook.read', owners);
  adminRoute(RED, 'get', place, 'onegevity-webhook.read', onInbox(view));
  const letterRoute = (action: 'replay' | 'discard'): void =>
    adminRoute(
      RED,
      'post',
      `${place}/:letter/${action}`,
      'onegevity-webhook.write',
      onInbox(async (inbox, { params }) => ({ ok: true, found: await inbox[action](params.letter ?? '') })),
    );
  letterRoute('replay');
  letterRoute('discard');
}

/** Those that the editor knows by one id. */
function owners({ params }: AdminRequest): Promise<{ ok: true; owners: InboxOwner[] }> {
  const found = instancesOf(params.node ?? '').filter(({ type }) => type === 'onegevity-webhook');
  return Promise.resolve({
    ok: true,
    owners: found.map((node) => ({ node: node.id, place: placeOf(node) })),
  });
}

/** The inbox is there once its node is deployed and could open it. */
function onInbox(answer: (inbox: Inbox, request: AdminRequest) => Promise<object>) {
  return (request: AdminRequest): Promise<object> => {
    const inbox = knownInbox(request.params.node ?? '');
    return inbox ? answer(inbox, request) : Promise.resolve({ ok: false, code: 'no_inbox', values: {} });
  };
}

async function view(inbox: Inbox, { query }: AdminRequest): Promise<InboxView & { ok: true }> {
  const after = typeof query.after === 'string' && query.after !== '' ? query.after : undefined;
  const letters = await inbox.deadLetters(pageSize + 1, after);
  return {
    ok: true,
    stats: await inbox.stats(),
    deadLetters: letters.slice(0, pageSize),
    more: letters.length > pageSize,
  };
}
