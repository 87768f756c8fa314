import { type OperationId, operations } from '../../generated/operations';
import { OnegevityError } from '../errors';
import type { Operation } from './operation';

/** What of a node's settings adds calls to its operation. */
export interface OperationChoice {
  operation: Operation;
  patientMustExist?: boolean | undefined;
}

/**
 * @returns the scopes of an operation and of what is read before it
 * @throws OnegevityError `unknown_operation` where the description names one that it does not hold
 */
export function neededScopes({ operation, patientMustExist }: OperationChoice): string[] {
  const readsPatient = operation.id === 'createPatientOrder' && patientMustExist;
  const before = [...(operation.codec?.reads ?? []), ...(readsPatient ? ['patientDetails'] : [])];
  return [operation, ...before.map(getOperation)].flatMap(({ scopes }) => scopes);
}

/** @throws OnegevityError `unknown_operation` */
export function getOperation(id: string): Operation {
  const found = operations[id as OperationId] as Operation | undefined;
  if (!found) throw new OnegevityError('unknown_operation', { values: { name: id } });
  return found;
}
