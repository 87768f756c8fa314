import type { FlowNode } from '../../test/support/node-red';

export const candidates = ['core http request', 'bare axios', 'order node', 'undici.request'] as const;
export type Candidate = (typeof candidates)[number];

/** Each candidate between the output and the input of a driver of its own. */
export function flows(root: string, sandbox: { root: string }): FlowNode[] {
  const path = `${root}/api/v1/patients/P1/orders/O1`;
  const config = { type: 'onegevity-config', name: '', environment: 'custom', concurrency: 64 };
  const authorization = {
    keyType: 'other',
    keyValue: 'authorization',
    valueType: 'other',
    valueValue: 'Bearer bench',
  };
  const nodes: Record<Candidate, { type: string } & Record<string, unknown>> = {
    'core http request': {
      type: 'http request',
      method: 'GET',
      url: path,
      ret: 'obj',
      paytoqs: 'ignore',
      persist: true,
      tls: '',
      proxy: '',
      authType: '',
      senderr: false,
      insecureHTTPParser: false,
      headers: [authorization],
    },
    'bare axios': { type: 'bench-axios', root },
    'order node': orderNode('api'),
    'undici.request': { type: 'bench-undici', root },
  };
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'api', ...config, baseUrl: root },
    { id: 'cold', ...config, baseUrl: root },
    { id: 'sandbox', ...config, baseUrl: sandbox.root, concurrency: 16 },
    ...candidates.flatMap((name) => loop(name, nodes[name])),
    ...loop('cold messages', orderNode('cold')),
    {
      id: 'list',
      type: 'onegevity-patient',
      z: 'tab',
      config: 'sandbox',
      operation: 'listPatients',
      paging: 'items',
      pageSize: 100,
      maxPages: '',
      wires: [['details']],
    },
    {
      id: 'details',
      type: 'onegevity-patient',
      z: 'tab',
      config: 'sandbox',
      operation: 'patientDetails',
      wires: [['streamed']],
    },
    { id: 'streamed', type: 'bench-counter', z: 'tab', wires: [[]] },
  ];
}

function orderNode(config: string): { type: string } & Record<string, unknown> {
  const field = (value: string) => ({ type: 'msg', value });
  return {
    type: 'onegevity-order',
    config,
    operation: 'patientOrderDetails',
    fields: {
      patientIdentifier: field('payload.patientIdentifier'),
      orderIdentifier: field('payload.orderIdentifier'),
    },
  };
}

function loop(name: string, node: { type: string }): FlowNode[] {
  return [
    { id: `drive ${name}`, type: 'bench-driver', z: 'tab', wires: [[name]] },
    { id: name, z: 'tab', wires: [[`drive ${name}`]], ...node },
  ];
}
