import type { IncomingMessage } from 'node:http';
import type { NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/api/errors';
import type { DeadLetter, Inbox, InboxStats } from '../../lib/webhook/inbox/inbox';
import { knownInbox } from '../../lib/webhook/inbox/open-inboxes';
import { isForeign } from './foreign-page';

/** What is used of Express here. */
interface Request extends IncomingMessage {
  params: { node: string; letter: string };
  query: { after?: unknown };
}
interface Response {
  set(name: string, value: string): Response;
  status(code: number): Response;
  json(body: unknown): void;
}

/** What the webhook node's dialog shows of its inbox: no patient data. */
export interface InboxView {
  stats: InboxStats;
  deadLetters: DeadLetter[];
  /** Whether there are dead letters behind these. */
  more: boolean;
}

const place = '/onegevity/inbox/:node';
const pageSize = 50;

/** Serves the inboxes of running webhook nodes to the editor's dialog, for those who may see and change them. */
export function serveInboxView(RED: NodeAPI): void {
  // There is none where the editor is switched off.
  const admin = RED.httpAdmin as typeof RED.httpAdmin | undefined;
  if (!admin) return;
  const read = RED.auth.needsPermission('onegevity-webhook.read');
  const write = RED.auth.needsPermission('onegevity-webhook.write');
  const handler =
    (answer: (inbox: Inbox, req: Request) => Promise<unknown>) => (req: unknown, res: unknown) => {
      respond(req as Request, res as Response, answer);
    };
  admin.get(place, read, handler(view));
  admin.post(
    `${place}/:letter/replay`,
    write,
    handler(async (inbox, { params }) => ({ found: await inbox.replay(params.letter) })),
  );
  admin.post(
    `${place}/:letter/discard`,
    write,
    handler(async (inbox, { params }) => ({ found: await inbox.discard(params.letter) })),
  );
}

async function view(inbox: Inbox, { query }: Request): Promise<InboxView> {
  const after = typeof query.after === 'string' && query.after !== '' ? query.after : undefined;
  const letters = await inbox.deadLetters(pageSize + 1, after);
  return {
    stats: await inbox.stats(),
    deadLetters: letters.slice(0, pageSize),
    more: letters.length > pageSize,
  };
}

function respond(
  req: Request,
  res: Response,
  answer: (inbox: Inbox, req: Request) => Promise<unknown>,
): void {
  res.set('cache-control', 'no-store');
  const inbox = knownInbox(req.params.node);
  if (isForeign(req)) res.status(403).json({ code: 'foreign' });
  else if (!inbox) res.status(404).json({ code: 'no_inbox' });
  else
    answer(inbox, req).then(
      (body) => res.json(body),
      (error: unknown) => {
        const code = error instanceof OnegevityError ? error.code : 'internal';
        res.status(503).json({ code });
      },
    );
}
