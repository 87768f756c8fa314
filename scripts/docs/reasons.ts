/** The reason codes of the webhook node. The types make sure that none is forgotten. */
import type { RejectionReason, WebhookEvent } from '../../src/lib/webhook/event';
import type { BodyNote } from '../../src/lib/webhook/parse';
import { table } from './markdown';

/** Status of the response, and what to do. */
const refusals: Record<RejectionReason, [status: number, advice: string]> = {
  missing_signature: [
    401,
    "The request isn't from Onegevity, or a proxy drops the header `X-Onegevity-Signature`.",
  ],
  malformed_signature: [401, "The header isn't 32 bytes in base64. A proxy may have doubled it."],
  wrong_signature: [
    401,
    'The secret is wrong, or something on the way changed the body. Check that the secret belongs to this environment, and that proxies forward the body byte for byte.',
  ],
  no_secret: [401, 'Enter the webhook secret in the configuration and deploy.'],
  empty_body: [400, "The request isn't from Onegevity."],
  too_large: [413, 'If such events are real, raise **Maximum body size (bytes)**.'],
  too_slow: [408, "The body didn't arrive in time. Check the network, and proxies that buffer."],
  no_room: [
    503,
    'Too many bodies arrived at once, as in a flood of forged requests. The sender may try again.',
  ],
  unsupported_encoding: [415, 'A proxy compressed the body with something other than gzip, deflate or br.'],
  body_consumed: [
    500,
    "A middleware of Node-RED's settings read the body first. Let it keep the bytes in `req.rawBody`, or exclude this path.",
  ],
  not_stored: [
    503,
    "The inbox couldn't store the event. The node's status says why. The sender may try again.",
  ],
};

const others: Record<NonNullable<WebhookEvent['reason']>, string> = {
  topic_uncertain: 'Several topics have these fields; `candidates` lists them. Register one URL per topic.',
  topic_mismatch:
    'URL, header and payload contradict each other. Check which URL is registered for which topic.',
  unknown_topic: "The topic header names a topic that this version doesn't know.",
  not_selected: 'The topic has no output. If you want it, select it in the dialog.',
  not_utf8: 'Signed, but not UTF-8. `msg.payload` is a Buffer with the bytes.',
  malformed_json: 'Signed, but not JSON. `msg.payload` is a Buffer with the bytes.',
  too_deep: 'Signed, but nested too deeply for a flow. `msg.payload` is a Buffer.',
  bad_encoding: 'Signed, but its compression is broken. `msg.payload` is a Buffer.',
};

const notes: Record<BodyNote, string> = {
  big_number: 'a number beyond 2^53 became text, to keep its digits',
  prototype_key: "fields that would reach an object's prototype were removed",
};

export function reasonsSection(): string {
  const refused = Object.entries(refusals).map(([code, [status, advice]]) => [
    mark(code),
    String(status),
    advice,
  ]);
  return [
    '## Rejected webhooks',
    'The output **rejected**, if you turn it on, sends a message for each rejection: ' +
      '`msg.payload` is `{ reason, statusCode, topic?, receivedAt, remoteAddress?, suppressed }`. ' +
      'It contains nothing of the body. In a flood, the node leaves out messages; `suppressed` counts them. The log has a ' +
      'warning with counts.',
    table(['reason', 'response', 'what to do'], refused),
    '## Webhooks that arrive on `other`',
    '`msg.onegevity.reason` says why. The node accepted the event and responded with 200.',
    table(
      ['reason', 'what it means'],
      Object.entries(others).map(([code, text]) => [mark(code), text]),
    ),
    '`msg.onegevity.notes` lists changes to a payload, on any output:',
    table(
      ['note', 'what it means'],
      Object.entries(notes).map(([code, text]) => [mark(code), text]),
    ),
  ].join('\n\n');
}

function mark(code: string): string {
  return `<a id="reason-${code}"></a>\`${code}\``;
}
