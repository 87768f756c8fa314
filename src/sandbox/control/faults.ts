import { topics } from '../../generated/topics';
import { validationError } from '../http/errors';
import { apiOperations, faultKinds, readFault } from '../faults/kinds';
import type { ControlCall, Controls } from './routes';
import type { FaultChoices } from './state';

/** The faults that are set, and all that can be. */
export function describeFaults({ faults }: Controls): FaultChoices {
  return {
    faults: faults.list(),
    kinds: faultKinds,
    operations: [...apiOperations, 'token'],
    topics: topics.map(({ name }) => name),
  };
}

export function addFault({ faults }: Controls, { members }: ControlCall) {
  const read = readFault(members);
  if ('faults' in read) throw validationError(400, { fieldErrors: read.faults });
  return faults.add(read.fault);
}
