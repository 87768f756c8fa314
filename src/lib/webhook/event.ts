import type { TopicName } from '../../generated/topics';
import type { TopicReason, TopicSource } from './topic-resolver';
import type { BodyNote, BodyReason } from './parse';
import type { SignatureReason } from './signature';

/** A delivery that was accepted. */
export interface WebhookEvent {
  /** The JSON value of the body, or its bytes where it is not JSON. */
  payload: unknown;
  /** Undefined where it is not certain. */
  topic?: TopicName;
  topicSource?: TopicSource;
  /** The body was signed with the secret. It says nothing of the topic or the URL. */
  verified: boolean;
  delivery: {
    /** SHA-256 over the body's bytes as sent, in hex. */
    hash: string;
    /** ISO 8601, UTC. */
    receivedAt: string;
    /** With a durable inbox: what onegevity-done ends the delivery by. The same over all attempts. */
    id?: string;
    /** With a durable inbox: 1 for the first emission. */
    attempt?: number;
    /** With a durable inbox: whether the event may have been emitted before. */
    redelivered?: boolean;
    /** Of a dead letter: `max_attempts` or `dead_lettered`. */
    cause?: string;
    /** Of a dead letter: why the flow gave up. */
    reason?: string;
  };
  /** The same bytes came before within the window. */
  duplicate?: true;
  /** The topics that the payload's shape allows, where none is certain. */
  candidates?: readonly TopicName[];
  /** Why it did not leave by an output of its topic. */
  reason?: BodyReason | TopicReason | 'not_selected';
  notes?: readonly BodyNote[];
  /** An allow-list of the request's headers. */
  headers: Record<string, string>;
}

/** Why a delivery was rejected. */
export type RejectionReason =
  | SignatureReason
  | 'empty_body'
  | 'too_large'
  | 'too_slow'
  | 'no_room'
  | 'unsupported_encoding'
  | 'body_consumed'
  | 'not_stored';

/** What is told of a rejected delivery: nothing of its body and none of its headers. */
export interface Rejection {
  reason: RejectionReason;
  /** Of the answer. */
  statusCode: number;
  /** The topic of the URL, if it names one. */
  topic?: TopicName;
  /** ISO 8601, UTC. */
  receivedAt: string;
  remoteAddress?: string;
}
