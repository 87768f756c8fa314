import { type ErrorCode, OnegevityError } from '../errors';
import { asObject } from '../http/response';

/** Steps of a kit up to its activation, and after it (vendor's status values). */
const activatable = new Set(['UNREGISTERED', 'NOT_ACTIVATED']);
const active = new Set(['ACTIVATED', 'AT_LAB', 'COMPLETED']);

export interface OrderElement {
  [member: string]: unknown;
  type?: unknown;
  status?: unknown;
  packageElementIdentifier?: unknown;
}

/** @returns the order's elements of one type */
export function elementsOf(order: unknown, type: 'kit' | 'labVisit'): OrderElement[] {
  const elements = asObject(order)?.elements;
  if (!Array.isArray(elements)) return [];
  return elements.map(asObject).filter((element) => element?.type === type) as OrderElement[];
}

export interface Choice {
  element: OrderElement;
  alreadyDone: boolean;
}

/** Whether the elements of an order are there, and those of one type can be named in a write. */
export function hasNamedElements(order: unknown, type: 'kit' | 'labVisit'): boolean {
  if (!Array.isArray(asObject(order)?.elements)) return false;
  return elementsOf(order, type).every((element) => identifierOf(element) !== undefined);
}

/**
 * Chooses the kit that an activation means. Never guesses: without an identifier exactly one must fit.
 * Where every kit of the order is active already, there is nothing left to do, whichever was meant.
 * @throws OnegevityError `no_kit`, `several_kits`, `kit_not_found`
 */
export function chooseKit(order: unknown, identifier: string | undefined): Choice {
  const kits = elementsOf(order, 'kit');
  return choose(
    kits,
    identifier,
    (kit) => activatable.has(String(kit.status)),
    (kit) => active.has(String(kit.status)),
    { none: 'no_kit', several: 'several_kits' },
  );
}

/**
 * Chooses the lab visit whose appointment is meant, by the same rule.
 * @throws OnegevityError `no_lab_visit`, `several_lab_visits`, `kit_not_found`
 */
export function chooseLabVisit(order: unknown, identifier: string | undefined): Choice {
  const visits = elementsOf(order, 'labVisit');
  return choose(
    visits,
    identifier,
    (visit) => visit.status !== 'ATTENDED' && visit.status !== 'COMPLETED',
    () => false,
    { none: 'no_lab_visit', several: 'several_lab_visits' },
  );
}

function choose(
  elements: OrderElement[],
  identifier: string | undefined,
  isOpen: (element: OrderElement) => boolean,
  isDone: (element: OrderElement) => boolean,
  codes: { none: ErrorCode; several: ErrorCode },
): Choice {
  if (identifier !== undefined) {
    const named = elements.find((element) => identifierOf(element) === identifier);
    if (!named) throw new OnegevityError('kit_not_found');
    return { element: named, alreadyDone: isDone(named) };
  }
  const [only, ...others] = elements.filter(isOpen);
  if (others.length > 0) throw new OnegevityError(codes.several);
  if (only) return { element: only, alreadyDone: false };
  const [done] = elements;
  if (!done || !elements.every(isDone)) throw new OnegevityError(codes.none);
  return { element: done, alreadyDone: true };
}

/** Steps of a lab visit before its appointment (vendor's status values). */
const unscheduled = new Set(['NOT_REQUISITIONED', 'REQUISITIONED']);

/**
 * Whether an order, as the API returns it after a write, shows the kit activations and lab appointments that were
 * written: each element is there, an activated kit has left the steps before its activation, and an appointment is set
 * or not as it was said.
 */
export function orderShowsChanges(order: unknown, sent: unknown): boolean {
  const { kitActivations, labAppointments } = asObject(sent) ?? {};
  return (
    allShown(order, 'kit', kitActivations, (status) => !activatable.has(status)) &&
    allShown(order, 'labVisit', labAppointments, (status, { scheduled }) =>
      scheduled === false ? status !== 'SCHEDULED' : !unscheduled.has(status),
    )
  );
}

/** @param isShown whether a status fits the change; an element without a status shows nothing */
function allShown(
  order: unknown,
  type: 'kit' | 'labVisit',
  sent: unknown,
  isShown: (status: string, change: Record<string, unknown>) => boolean,
): boolean {
  if (!Array.isArray(sent) || sent.length === 0) return true;
  const elements = elementsOf(order, type);
  return sent.every((one) => {
    const change = asObject(one) ?? {};
    const identifier = identifierOf(change);
    const { status } = elements.find((element) => identifierOf(element) === identifier) ?? {};
    return identifier !== undefined && typeof status === 'string' && status !== '' && isShown(status, change);
  });
}

function identifierOf({ packageElementIdentifier: value }: OrderElement): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
