import { sharedIfAny } from './text';

/** What a parameter or a member of a body is called in the user's language; its own name where none is known. */
export function memberLabel(name: string): string {
  return sharedIfAny(`fields.${name}`) ?? name;
}
