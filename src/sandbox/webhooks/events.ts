/** A webhook event before it is signed: the topic travels beside the body, as the vendor's payloads do not name it. */
export interface SandboxEvent {
  topic: string;
  body: Readonly<Record<string, string | number>>;
}

/**
 * `id` is the number of the entity the event is about. What the vendor's `id` stands for is not documented; this
 * reading makes two events of one order byte-identical, which a receiver has to survive anyway.
 */
export const patientEvent = (
  topic: 'patient.created' | 'patient.updated',
  patient: { id: number; patientIdentifier: string },
): SandboxEvent => ({ topic, body: { id: patient.id, patientIdentifier: patient.patientIdentifier } });

export const orderEvent = (
  topic: 'order.created' | 'order.updated' | 'results.released',
  patientIdentifier: string,
  order: { id: number; orderIdentifier: string },
): SandboxEvent => ({
  topic,
  body: { id: order.id, orderIdentifier: order.orderIdentifier, patientIdentifier },
});

export const kitEvent = (
  patientIdentifier: string,
  order: { id: number; orderIdentifier: string },
  activationCode: string,
): SandboxEvent => ({
  topic: 'kit.activated',
  body: { id: order.id, orderIdentifier: order.orderIdentifier, patientIdentifier, activationCode },
});

export const fulfillmentEvent = (
  topic: 'fulfillment.requested' | 'fulfillment.accepted' | 'fulfillment.rejected' | 'fulfillment.canceled',
  fulfillment: { id: number; requestorId: string },
): SandboxEvent => ({ topic, body: { id: fulfillment.id, requestorId: fulfillment.requestorId } });

export const shippedEvent = (fulfillment: {
  id: number;
  requestorId: string;
  trackingNumber: string;
  trackingUrl: string;
}): SandboxEvent => ({
  topic: 'fulfillment.shipped',
  body: {
    id: fulfillment.id,
    requestorId: fulfillment.requestorId,
    trackingNumber: fulfillment.trackingNumber,
    trackingUrl: fulfillment.trackingUrl,
  },
});
