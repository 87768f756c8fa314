import type { Fault } from '../../../src/sandbox';

/** Of all calls: answered as if they had succeeded, with nothing done. */
export const falseSuccess = 0.08;

/**
 * Everything that goes wrong at once. Of several faults that hit a call, the first one of this list holds, so that the
 * share of false successes is exact.
 * @param light a share for faults that hold calls up
 */
export function chaosFaults(light = 0.01): Fault[] {
  const share = 0.012;
  return [
    { fault: 'false-success', text: '{}', share: falseSuccess / 2 },
    { fault: 'false-success', text: '[]', share: falseSuccess / 2 },
    { fault: 'wrong-record', share: 0.02 },
    { fault: 'status', status: 503, share },
    { fault: 'status', status: 503, retryAfter: '0', share },
    { fault: 'status', status: 500, share },
    { fault: 'status', status: 504, share },
    { fault: 'status', status: 403, share: light },
    { fault: 'status', status: 429, retryAfter: '1', share: light },
    { fault: 'reset-before', share },
    { fault: 'reset-after', share },
    { fault: 'cut-off', share },
    { fault: 'truncated', share },
    { fault: 'html', share },
    { fault: 'html', status: 502, share },
    { fault: 'body', text: 'null', share },
    { fault: 'body', text: '"done"', share },
    { fault: 'body', text: '', share },
    { fault: 'compressed', share },
    { fault: 'compressed', encoding: 'br', share },
    { fault: 'compressed-truncated', share },
    { fault: 'large-headers', share },
    { fault: 'duplicate-response', share },
    { fault: 'slow-body', seconds: 3, share: light },
    { fault: 'delay', seconds: 3, share: light },
    { fault: 'expired-token', share },
    { fault: 'revoked-token', share },
    { fault: 'token-down', share: 0.2 },
    { fault: 'narrow-token', seconds: 1, share: 0.05 },
    { fault: 'short-token', seconds: 1, share: 0.2 },
    { fault: 'reset-after', operation: 'token', share: 0.03 },
    { fault: 'webhook-duplicate', share: 0.06 },
    { fault: 'webhook-drop', share: 0.05 },
    { fault: 'webhook-reorder', seconds: 1, share: 0.06 },
    { fault: 'webhook-timeout', seconds: 0.02, share: 0.06 },
    { fault: 'webhook-slow', seconds: 0.3, share: 0.05 },
    { fault: 'webhook-abort', share: 0.06 },
  ];
}
