/** The reason codes of the webhook node. The types make sure that none is forgotten. */
import type { RefusalReason, WebhookEvent } from '../../src/lib/webhook/event';
import type { BodyNote } from '../../src/lib/webhook/parse';
import { table } from './markdown';

/** Status of the answer, and what to do. */
const refusals: Record<RefusalReason, [status: number, advice: string]> = {
  missing_signature: [
    401,
    'The call is not the vendor’s, or a proxy drops the header `X-Onegevity-Signature`.',
  ],
  malformed_signature: [401, 'The header is not one base64 text of 32 bytes. A proxy may have doubled it.'],
  wrong_signature: [
    401,
    'Another secret, or somebody on the way changed the body. Check that the secret belongs to this environment, and that proxies pass the body on byte for byte.',
  ],
  no_secret: [401, 'Enter the webhook secret in the configuration and deploy.'],
  empty_body: [400, 'The call is not the vendor’s.'],
  too_large: [413, 'Raise "largest body" if such events are real.'],
  too_slow: [408, 'The body did not come in time. Look at the network and at proxies that buffer.'],
  no_room: [
    503,
    'Too many bodies were being received at once, which is what a flood of made-up calls looks like. The sender may try again.',
  ],
  unsupported_encoding: [415, 'A proxy compressed the body in a way other than gzip, deflate or br.'],
  body_consumed: [
    500,
    'A middleware of Node-RED’s settings read the body first. Let it keep the bytes in `req.rawBody`, or leave this path out.',
  ],
  not_stored: [
    503,
    'The inbox could not keep the event. Look at the disk or at Redis; the sender may try again.',
  ],
};

const others: Record<NonNullable<WebhookEvent['reason']>, string> = {
  topic_uncertain: 'Several topics have this shape. Give each topic its own URL; `candidates` names them.',
  topic_mismatch:
    'URL, header and payload contradict each other. Check which URL is registered for which topic.',
  unknown_topic: 'The topic header names a topic that this version does not know.',
  not_selected: 'The topic has no output. Select it in the dialog if you want it.',
  not_utf8: 'Signed, but not UTF-8. `msg.payload` is a Buffer with the bytes.',
  malformed_json: 'Signed, but not JSON. `msg.payload` is a Buffer with the bytes.',
  too_deep: 'Signed, but nested so deeply that flows could not work with it. `msg.payload` is a Buffer.',
  bad_encoding: 'Signed, but its compression is broken. `msg.payload` is a Buffer.',
};

const notes: Record<BodyNote, string> = {
  big_number: 'a number beyond 2^53 became text, so that it keeps its digits',
  prototype_key: 'members that would reach an object’s prototype were taken out',
};

export function reasonsSection(): string {
  const refused = Object.entries(refusals).map(([code, [status, advice]]) => [
    mark(code),
    String(status),
    advice,
  ]);
  return [
    '## Refused webhooks',
    'The output `rejected`, where it is switched on, tells of each refusal: ' +
      '`msg.payload` is `{ reason, statusCode, topic?, receivedAt, remoteAddress?, suppressed }`. ' +
      'Nothing of the body is in it. A flood is thinned out; `suppressed` counts what was not told.',
    table(['reason', 'answer', 'what to do'], refused),
    '## Webhooks that come out of `other`',
    '`msg.onegevity.reason` says why. The event was accepted; the vendor got a 200.',
    table(
      ['reason', 'what it means'],
      Object.entries(others).map(([code, text]) => [mark(code), text]),
    ),
    '`msg.onegevity.notes` lists what was done to a payload, on any output:',
    table(
      ['note', 'what it means'],
      Object.entries(notes).map(([code, text]) => [mark(code), text]),
    ),
  ].join('\n\n');
}

function mark(code: string): string {
  return `<a id="reason-${code}"></a>\`${code}\``;
}
