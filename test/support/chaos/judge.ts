import { PatientOrdersApi } from '@onegevity/orders-api-client';
import type { Break, Entry, Order, Witness } from './run';
import type { Ready } from './sandbox';

/** What became of orders and results, by what the flows reported and what the sandbox has. */
export interface Tally {
  orders: number;
  kills: number;
  deploys: number;
  /** Calls and deliveries that a fault has hit. */
  faultsMet: number;
  /** Kinds of faults that were met, of calls and of deliveries. */
  apiKinds: number;
  webhookKinds: number;
  /** Answered with a false success. */
  falseSuccesses: number;
  placed: number;
  /** Reported as placed, and not there. */
  missing: string[];
  /** There more than once, or never asked for. */
  extra: string[];
  /** For which the flow said once that it is of no use to try again. */
  stopped: string[];
  /** Events that were answered with 2xx, by what they are about. */
  events: number;
  done: number;
  /** Marked as done without the report that the sandbox has for the order. */
  falseResults: string[];
  /** Answered with 2xx, and neither done nor dead at the end. */
  lost: string[];
  deadLetters: number;
  /** Emitted for the first time or again. */
  emissions: number;
  redelivered: number;
  /** Redelivered without the mark. */
  unmarked: string[];
  /** Emitted while the same event was open. */
  doubles: string[];
  /** Events that the sandbox never made, such as forged ones. */
  forged: string[];
  /** Answered with a 4xx status. */
  rejected: number;
  /** Events that are still open at the end. */
  open: number;
}

/** @returns what is wrong, in words; empty if every promise was kept */
export function broken(tally: Tally): string[] {
  const none: Partial<Record<keyof Tally, string>> = {
    missing: 'orders reported as placed do not exist',
    extra: 'orders exist that should not',
    falseResults: 'events were marked as done without a report',
    lost: 'acknowledged events were lost',
    unmarked: 'redelivered events are not marked',
    doubles: 'events were emitted while they were open',
    forged: 'forged events were emitted',
  };
  const problems = Object.entries(none).flatMap(([name, text]) => {
    const found = tally[name as keyof Tally] as string[];
    return found.length > 0 ? [`${found.length} ${text}: ${found.slice(0, 5).join(', ')}`] : [];
  });
  if (tally.placed < tally.orders) problems.push(`${tally.orders - tally.placed} orders were not placed`);
  if (tally.open > 0) problems.push(`${tally.open} events are still open`);
  if (tally.deadLetters >= Math.max(1, tally.events / 100))
    problems.push(`${tally.deadLetters} dead letters`);
  return problems;
}

export async function judge(witness: Witness, ready: Ready): Promise<Tally> {
  const { orders, placed, stopped, entries, deliveries, faults, kills, deploys, open } = witness;
  const token = await accessToken(ready);
  const actual = await ordersOf(
    new Set(orders.map(({ patientIdentifier }) => patientIdentifier)),
    new PatientOrdersApi({ basePath: `${ready.url}/api/v1`, accessToken: token }, fetch),
  );
  const expected = new Set(orders.map(keyOf));
  const count = countBy(actual);
  const met = faults.filter(({ applied }) => applied > 0);
  const kinds = (isWebhook: boolean): number =>
    new Set(
      met
        .filter(({ fault }) => fault.startsWith('webhook-') === isWebhook)
        .map(({ fault, status, text, encoding }) => [fault, status, text, encoding].join()),
    ).size;

  const accepted = deliveries.filter(({ attempts }) =>
    attempts.some(({ status = 0 }) => status < 300 && status > 0),
  );
  const made = new Set(
    deliveries.filter(({ fault }) => fault !== 'webhook-changed-byte').map(({ body }) => identityOf(body)),
  );
  const starts = entries.filter(({ note }) => note === 'start');
  const doneEntries = entries.filter(({ note }) => note === 'done');
  const reports = await reportsOf(orders, ready.url, token);
  const ended = new Set(
    entries
      .filter(({ note }) => note === 'done' || note === 'dead')
      .map(({ event }) => event?.orderIdentifier),
  );
  const acknowledged = new Set(accepted.map(({ body }) => (JSON.parse(body) as Order).orderIdentifier));
  return {
    orders: orders.length,
    kills,
    deploys,
    faultsMet: met.reduce((sum, { applied }) => sum + applied, 0),
    apiKinds: kinds(false),
    webhookKinds: kinds(true),
    falseSuccesses: met
      .filter(({ fault }) => fault === 'false-success')
      .reduce((sum, { applied }) => sum + applied, 0),
    placed: placed.size,
    missing: orders
      .filter((order) => placed.has(order.orderIdentifier) && !count.has(keyOf(order)))
      .map(({ orderIdentifier }) => orderIdentifier),
    extra: [...count].filter(([key, times]) => times > 1 || !expected.has(key)).map(([key]) => key),
    stopped: [...stopped].map(([order, text]) => `${order} ${text}`),
    events: new Set(starts.map(({ id }) => id)).size,
    done: new Set(doneEntries.map(({ id }) => id)).size,
    falseResults: doneEntries
      .filter(
        ({ event, report }) =>
          typeof report !== 'number' || reports.get(event?.orderIdentifier ?? '') !== report,
      )
      .map(({ event, report }) => `${event?.orderIdentifier} ${report}`),
    lost: [...acknowledged].filter((order) => !ended.has(order)),
    deadLetters: new Set(entries.filter(({ note }) => note === 'dead').map(({ id }) => id)).size,
    emissions: starts.length,
    redelivered: starts.filter(({ redelivered }) => redelivered).length,
    ...emissionsOf(entries, witness.breaks),
    forged: starts
      .filter(({ event }) => !made.has(identityOf(JSON.stringify(event))))
      .map(({ event }) => JSON.stringify(event)),
    rejected: deliveries
      .flatMap(({ attempts }) => attempts)
      .filter(({ status = 0 }) => status >= 400 && status < 500).length,
    open,
  };
}

const keyOf = ({ patientIdentifier, orderIdentifier }: Order): string =>
  `${patientIdentifier}/${orderIdentifier}`;

function identityOf(text: string): string {
  const { id, patientIdentifier, orderIdentifier } = JSON.parse(text) as Order & { id: number };
  return [id, patientIdentifier, orderIdentifier].join();
}

/**
 * Follows each event through its emissions. A kill or a deployment ends what is open; while it lasts, nobody can tell
 * whether an emission belongs to the time before or after.
 */
export function emissionsOf(
  entries: readonly Entry[],
  breaks: readonly Break[],
): { unmarked: string[]; doubles: string[] } {
  /** When each open event was emitted. */
  const open = new Map<string, number>();
  const known = new Set<string>();
  const unmarked: string[] = [];
  const doubles: string[] = [];
  for (const { note, id = '', attempt, redelivered, time } of entries) {
    if (note === 'done' || note === 'retry' || note === 'deadLetter') open.delete(id);
    if (note !== 'start') continue;
    const before = open.get(id);
    const isInterrupted = breaks.some(
      ({ from, to }) => before !== undefined && before <= to + 200 && time >= from,
    );
    if (before !== undefined && !isInterrupted) doubles.push(`${id} attempt ${attempt}`);
    if (known.has(id) && !redelivered) unmarked.push(`${id} attempt ${attempt}`);
    known.add(id);
    open.set(id, time);
  }
  return { unmarked, doubles };
}

/** All orders of these patients, as the vendor's own client reads them. */
async function ordersOf(patients: ReadonlySet<string>, api: PatientOrdersApi): Promise<string[]> {
  const found: string[] = [];
  for (const patientIdentifier of patients) {
    try {
      const { orders = [] } = await api.listPatientOrders(patientIdentifier, {
        pageNumber: 1,
        pageSize: 1000,
      });
      found.push(...orders.map(({ orderIdentifier }) => keyOf({ patientIdentifier, orderIdentifier })));
    } catch (error) {
      if ((error as { status?: number }).status !== 404) throw error;
    }
  }
  return found;
}

/** The report of each order that has one. */
async function reportsOf(orders: readonly Order[], url: string, token: string): Promise<Map<string, number>> {
  const reports = new Map<string, number>();
  for (const { patientIdentifier, orderIdentifier } of orders) {
    const response = await fetch(
      `${url}/api/v1/patients/${patientIdentifier}/orders/${orderIdentifier}/reports`,
      { headers: { authorization: `Bearer ${token}` } },
    );
    const { reports: list = [] } = (await response.json()) as { reports?: { id: number }[] };
    if (list[0]) reports.set(orderIdentifier, list[0].id);
  }
  return reports;
}

async function accessToken({ url, clientId, clientSecret }: Ready): Promise<string> {
  const response = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
