/** What the log keeps of webhooks. Types only, since the page uses them too. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** Absent: every topic. */
  readonly topics?: readonly string[];
}

/** One event on its way to one endpoint, with what was really sent. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly url: string;
  readonly topic: string;
  /** The exact text that is sent. */
  readonly body: string;
  readonly signature: string;
  readonly createdTimestamp: string;
  /** What is wrong with it on purpose. */
  fault?: string;
  /** The delivery that this one repeats. */
  repeats?: string;
  state: 'waiting' | 'delivered' | 'failed' | 'dropped';
  readonly attempts: { timestamp: string; status?: number; error?: string }[];
}

/** How a delivery can be sent once more. The two that are spoiled are tried once. */
export const resendModes = ['same', 'twice', 'wrong-signature', 'changed-byte'] as const;
export type ResendMode = (typeof resendModes)[number];
