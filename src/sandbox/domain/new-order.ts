/** A new order with its elements and its shipment, as it stands before anything has happened. */
import type { Package, PackageElement } from '../data/catalog';
import type { Fulfillment, Order, OrderElement, OrderState, SimulationContext } from './model';

export interface NewOrder {
  orderIdentifier: string;
  package: Package;
  notes?: string;
  fulfillmentInformation?: NonNullable<Order['fulfillmentInformation']>;
}

export function createOrder(
  { orderIdentifier, package: ordered, notes, fulfillmentInformation }: NewOrder,
  around: SimulationContext,
): OrderState {
  const order: Order = {
    id: around.id(),
    orderIdentifier,
    completed: false,
    createdTimestamp: around.now().toISOString(),
    completedTimestamp: null,
    packageIdentifier: ordered.clientIdentifier,
    packageName: ordered.name,
    ...(notes !== undefined && { notes }),
    ...(fulfillmentInformation && { fulfillmentInformation }),
    elements: ordered.elements.map((element) =>
      newElement(element, fulfillmentInformation !== undefined, around),
    ),
    relatedDocuments: [],
  };
  return fulfillmentInformation ? { order, fulfillment: newFulfillment(around) } : { order };
}

function newElement(element: PackageElement, ships: boolean, around: SimulationContext): OrderElement {
  const base = {
    id: around.id(),
    name: element.name,
    completedTimestamp: null,
    packageElementIdentifier: element.clientIdentifier,
    ...(element.instructions !== undefined && { instructions: element.instructions }),
  };
  switch (element.objectType) {
    case 'kit':
      // Without shipping, the integrator hands out a kit of its own stock: it can be activated at once.
      return { ...base, type: 'kit', status: ships ? 'UNREGISTERED' : 'NOT_ACTIVATED' };
    case 'labVisit':
      return { ...base, type: 'labVisit', labName: element.labName ?? '', status: 'NOT_REQUISITIONED' };
    case 'survey':
      return {
        ...base,
        type: 'survey',
        surveyKey: element.surveyKey ?? '',
        version: null,
        status: 'NOT_COMPLETED',
      };
  }
}

function newFulfillment(around: SimulationContext): Fulfillment {
  const id = around.id();
  const trackingNumber = `SANDBOX${id}`;
  return {
    id,
    requestorId: `F${id}`,
    status: 'REQUESTED',
    trackingNumber,
    trackingUrl: `https://sandbox.example.com/tracking/${trackingNumber}`,
  };
}
