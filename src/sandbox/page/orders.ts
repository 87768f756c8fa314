/** Patients and their orders: each order as a life cycle that can be moved. */
import type { ShownElement, ShownMove, ShownOrder, ShownPatient } from '../control/state';
import { button, h } from './dom';
import { texts } from './texts';

export type Act = (method: string, path: string, body?: object) => void;

const PATHS: Record<ShownElement['type'], readonly string[]> = {
  kit: ['UNREGISTERED', 'NOT_ACTIVATED', 'ACTIVATED', 'AT_LAB', 'COMPLETED'],
  labVisit: ['NOT_REQUISITIONED', 'REQUISITIONED', 'SCHEDULED', 'ATTENDED', 'COMPLETED'],
  survey: ['NOT_COMPLETED', 'PARTIALLY_COMPLETED', 'COMPLETED'],
};
const SHIPMENT = ['REQUESTED', 'ACCEPTED', 'SHIPPED'];

export const patientCard =
  (act: Act) =>
  (patient: ShownPatient): HTMLElement =>
    h(
      'article',
      { class: 'patient', 'data-patient': patient.patientIdentifier },
      h(
        'h3',
        {},
        h('span', { class: 'name' }, patient.name || patient.patientIdentifier),
        h('code', {}, patient.patientIdentifier),
      ),
      ...(patient.orders.length > 0
        ? patient.orders.map((order) => orderCard(act, patient, order))
        : [h('p', { class: 'empty' }, texts.noOrder)]),
    );

function orderCard(act: Act, { patientIdentifier }: ShownPatient, order: ShownOrder): HTMLElement {
  const { orderIdentifier, completed, moves } = order;
  const owner = `?patientIdentifier=${encodeURIComponent(patientIdentifier)}`;
  const path = (action: string): string => `orders/${encodeURIComponent(orderIdentifier)}/${action}${owner}`;
  const make = ({ name, element }: ShownMove): void =>
    act('POST', path('moves'), { name, ...(element !== undefined && { element }) });
  const forward = moves.filter(({ by }) => by !== 'hand');
  const setbacks = moves.filter(({ by }) => by === 'hand');
  return h(
    'section',
    { class: `order ${completed ? 'done' : ''}`, 'data-order': orderIdentifier },
    h(
      'header',
      {},
      h('strong', {}, order.packageName),
      h('code', {}, orderIdentifier),
      h('span', { class: `badge ${completed ? 'good' : ''}` }, completed ? texts.complete : texts.open),
    ),
    ...(order.fulfillment ? [shipment(order.fulfillment)] : []),
    ...order.elements.map((element) => track(element.name, PATHS[element.type], element.status)),
    completed
      ? h('p', { class: 'outcome' }, `${texts.results}: ${texts.reports(order.reports)}`)
      : h(
          'div',
          { class: 'actions' },
          ...forward.map((move, index) =>
            button(titled(move.name), () => make(move), {
              kind: index === 0 ? 'primary' : '',
              hint: move.element ?? '',
            }),
          ),
          button(texts.release, () => act('POST', path('release')), { hint: texts.releaseHint }),
          ...setbacks.map((move) =>
            button(titled(move.name), () => make(move), { kind: 'danger', hint: texts.hand }),
          ),
        ),
  );
}

function shipment({
  requestorId,
  status,
  trackingNumber,
}: NonNullable<ShownOrder['fulfillment']>): HTMLElement {
  const stopped = !SHIPMENT.includes(status);
  const path = stopped ? ['REQUESTED', status] : SHIPMENT;
  const note = status === 'SHIPPED' ? `${requestorId}, ${trackingNumber}` : requestorId;
  return track(texts.shipment, path, status, { note, stopped });
}

/** One element's way from its first status to its last, with the present one marked. */
function track(
  name: string,
  path: readonly string[],
  status: string,
  { note, stopped = false }: { note?: string; stopped?: boolean } = {},
): HTMLElement {
  const present = path.indexOf(status);
  const last = present === path.length - 1;
  const steps = path.map((step, index) => {
    const kind = index < present || (last && !stopped) ? 'past' : index === present ? 'now' : 'ahead';
    const stop = stopped && index === present ? ' stopped' : '';
    const current = index === present ? 'step' : undefined;
    return h('li', { class: kind + stop, 'aria-current': current }, worded(step));
  });
  return h(
    'div',
    { class: 'track' },
    h('span', { class: 'label' }, name, ...(note === undefined ? [] : [h('small', {}, note)])),
    h('ol', {}, ...steps),
  );
}

const titled = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

const worded = (status: string): string => status.toLowerCase().replaceAll('_', ' ');
