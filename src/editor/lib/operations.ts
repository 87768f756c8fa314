import { operations } from '../../generated/operations';
import type { Operation } from '../../lib/api/operation';

/** The tag of the API description whose operations a node type offers. */
const tags: Readonly<Record<string, string>> = {
  'onegevity-patient': 'patients',
  'onegevity-order': 'orders',
  'onegevity-kit': 'kits',
  'onegevity-package': 'packages',
  'onegevity-survey': 'surveys',
  'onegevity-report': 'reports',
  'onegevity-recommendation': 'recommendations',
};

/** @returns the node type that offers the operations of a tag */
export function typeOf(tag: string): string {
  return Object.keys(tags).find((type) => tags[type] === tag) ?? '';
}

export function operationsOf(type: string): Operation[] {
  return Object.values<Operation>(operations).filter(({ tag }) => tag === tags[type]);
}

/** The chosen operation; a flow that names none means the first, as in the runtime. */
export function operationOf(type: string, id: unknown): Operation | undefined {
  const offered = operationsOf(type);
  return id ? offered.find((operation) => operation.id === id) : offered[0];
}
