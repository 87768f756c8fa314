import type { FlowNode } from '../node-red';

export interface FlowOptions {
  baseUrl: string;
  /**
   * `now`: as the examples 07 and 08 teach. `before`: as they taught before msg.onegevity.error.retryable, by a list
   * of codes, with an order that has no report marked as done.
   */
  teaching: 'now' | 'before';
}

/** Seconds. */
const retryAfter = 1;
const formerCodes = [
  'server_error',
  'rate_limited',
  'token_unavailable',
  'timeout',
  'reset',
  'connection_refused',
  'dns',
  'network',
  'aborted',
];

/** Two flows: orders come by HTTP and are answered when they are placed; results come by webhook. */
export function chaosFlow({ baseUrl, teaching }: FlowOptions): FlowNode[] {
  const nodes: FlowNode[] = [
    {
      id: 'config',
      type: 'onegevity-config',
      environment: 'custom',
      baseUrl,
      timeout: 1500,
      concurrency: 16,
    },
    ...orderFlow(),
    ...resultFlow(teaching),
  ];
  const placed = nodes.map((node) => (node.id === 'config' ? node : { z: 'tab', x: 0, y: 0, ...node }));
  return [{ id: 'tab', type: 'tab', label: 'Chaos' }, ...placed];
}

type Wires = string[][];

const change = (
  id: string,
  rules: [property: string, value: string, type: string][],
  to: string,
): FlowNode => ({
  id,
  type: 'change',
  rules: rules.map(([p, value, tot]) => ({ t: 'set', p, pt: 'msg', to: value, tot })),
  wires: [[to]],
});

const branch = (id: string, expression: string, words: string[], wires: Wires): FlowNode => ({
  id,
  type: 'switch',
  property: expression,
  propertyType: 'jsonata',
  rules: words.map((v) => ({ t: 'eq', v, vt: 'str' })),
  checkall: 'false',
  outputs: words.length,
  wires,
});

const call = (id: string, type: string, operation: string, to: string, more: object = {}): FlowNode => ({
  id,
  type: `onegevity-${type}`,
  config: 'config',
  operation,
  fields: {},
  body: { mode: 'typed', type: 'msg', value: 'payload', fields: {} },
  output: 'payload',
  paging: 'single',
  version: 1,
  wires: [[to]],
  ...more,
});

const caught = (scope: string[], to: string): FlowNode => ({
  id: `catch-${scope[0]}`,
  type: 'catch',
  scope,
  wires: [[to]],
});

const response = (id: string, statusCode: number, payload: string): FlowNode[] => [
  change(id, [['payload', payload, 'jsonata']], `${id}-response`),
  { id: `${id}-response`, type: 'http response', statusCode: String(statusCode), wires: [] },
];

/** Example 07: an order whose outcome is not known is read before anything else. */
function orderFlow(): FlowNode[] {
  return [
    { id: 'order-in', type: 'http in', url: '/chaos/order', method: 'post', wires: [['keep']] },
    change('keep', [['order', 'payload', 'msg']], 'create'),
    call('create', 'order', 'createPatientOrder', 'placed'),
    caught(['create'], 'what'),
    branch(
      'what',
      `onegevity.error.outcome = "unknown" or error.code = "conflict" ? "read"
        : onegevity.error.retryable ? "again" : "failed"`,
      ['read', 'again', 'failed'],
      [['pause'], ['again'], ['failed']],
    ),
    {
      id: 'pause',
      type: 'delay',
      pauseType: 'delay',
      timeout: '100',
      timeoutUnits: 'milliseconds',
      wires: [['identifiers']],
    },
    change(
      'identifiers',
      [
        [
          'payload',
          'order.{ "patientIdentifier": patientIdentifier, "orderIdentifier": orderIdentifier }',
          'jsonata',
        ],
      ],
      'details',
    ),
    call('details', 'order', 'patientOrderDetails', 'placed'),
    caught(['details'], 'there'),
    branch(
      'there',
      'error.code = "not_found" or onegevity.error.retryable ? "again" : "failed"',
      ['again', 'failed'],
      [['again'], ['failed']],
    ),
    ...response('placed', 200, '{ "placed": true }'),
    ...response('again', 503, '{ "code": error.code }'),
    ...response('failed', 422, '{ "code": error.code }'),
  ];
}

/** Example 08: an event is done when its report was read. */
function resultFlow(teaching: FlowOptions['teaching']): FlowNode[] {
  const isNow = teaching === 'now';
  const recorder = (id: string, note: string, wires: Wires): FlowNode => ({
    id,
    type: 'chaos-recorder',
    note,
    wires,
  });
  const done = (id: string, outcome: string): FlowNode => ({
    id,
    type: 'onegevity-done',
    outcome,
    delay: retryAfter,
    version: 1,
    wires: [],
  });
  return [
    {
      id: 'hook',
      type: 'onegevity-webhook',
      config: 'config',
      path: '/hook',
      topics: ['results.released'],
      inbox: 'disk',
      deadLetterOutput: true,
      visibilityTimeout: 60,
      attempts: isNow ? 20 : 5,
      outputs: 3,
      version: 1,
      wires: [['start'], ['other'], ['dead']],
    },
    recorder('start', 'start', [['list']]),
    recorder('other', 'other', [['end']]),
    recorder('dead', 'dead', [[]]),
    call('list', 'report', 'listPatientOrderReports', 'any', { paging: 'all', pageSize: '20' }),
    branch(
      'any',
      isNow ? '$count(payload) > 0 ? "yes" : "no"' : '"yes"',
      ['yes', 'no'],
      [['one'], ['later']],
    ),
    change(
      'one',
      [['payload', '$count(payload) > 0 ? payload[0] : {}', 'jsonata']],
      isNow ? 'report' : 'any-report',
    ),
    ...(isNow
      ? []
      : [branch('any-report', '$exists(payload.id) ? "yes" : "no"', ['yes', 'no'], [['report'], ['read']])]),
    call('report', 'report', 'patientReportDetails', isNow ? 'same' : 'read', {
      fields: { patientIdentifier: { type: 'previous', value: '' } },
    }),
    // Onegevity does not document this response, so the node cannot check it.
    branch(
      'same',
      '$string(payload.id) = $string(onegevity.params.reportId) ? "yes" : "no"',
      ['yes', 'no'],
      [['read'], ['later']],
    ),
    recorder('read', 'done', [['end']]),
    done('end', 'done'),
    caught(['list', 'report'], 'can-pass'),
    branch(
      'can-pass',
      isNow
        ? 'onegevity.error.retryable ? "yes" : "no"'
        : `error.code in ${JSON.stringify(formerCodes)} ? "yes" : "no"`,
      ['yes', 'no'],
      [['later'], ['never']],
    ),
    recorder('later', 'retry', [['retry']]),
    done('retry', 'retry'),
    recorder('never', 'deadLetter', [['give-up']]),
    done('give-up', 'deadLetter'),
    caught(['end', 'retry', 'give-up'], 'not-ended'),
    recorder('not-ended', 'not-ended', [[]]),
  ];
}
