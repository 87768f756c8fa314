import { OnegevityError } from './errors';
import { asObject } from './response';

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

/**
 * Chooses the kit that an activation means. Never guesses: without an identifier exactly one must fit.
 * A kit that is active already is chosen only where it is the order's only kit, or is named.
 * @throws OnegevityError `no_kit`, `several_kits`, `kit_not_found`
 */
export function chooseKit(order: unknown, identifier: string | undefined): Choice {
  const kits = elementsOf(order, 'kit');
  return choose(
    kits,
    identifier,
    (kit) => activatable.has(String(kit.status)),
    (kit) => active.has(String(kit.status)),
  );
}

/**
 * Chooses the lab visit whose appointment is meant, by the same rule.
 * @throws OnegevityError `no_kit`, `several_kits`, `kit_not_found`
 */
export function chooseLabVisit(order: unknown, identifier: string | undefined): Choice {
  const visits = elementsOf(order, 'labVisit');
  return choose(
    visits,
    identifier,
    (visit) => visit.status !== 'ATTENDED' && visit.status !== 'COMPLETED',
    () => false,
  );
}

function choose(
  elements: OrderElement[],
  identifier: string | undefined,
  isOpen: (element: OrderElement) => boolean,
  isDone: (element: OrderElement) => boolean,
): Choice {
  if (identifier !== undefined) {
    const named = elements.find((element) => element.packageElementIdentifier === identifier);
    if (!named) throw new OnegevityError('kit_not_found');
    return { element: named, alreadyDone: isDone(named) };
  }
  const open = elements.filter(isOpen);
  const [only] = open.length > 0 ? open : elements.filter(isDone);
  if (!only) throw new OnegevityError('no_kit');
  if (open.length > 1 || (open.length === 0 && elements.length > 1)) throw new OnegevityError('several_kits');
  return { element: only, alreadyDone: open.length === 0 };
}
