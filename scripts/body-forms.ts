/** Derives the members of request bodies, for the editor's structured forms. Pure; no file is touched. */
import type { BodyMember, ValueSchema } from '../src/lib/api/operation';
import { type Description, resolve, valueSchema } from './operation-table';

interface Model extends ValueSchema {
  properties?: Record<string, Model | { $ref: string }>;
  required?: string[];
  'x-input'?: 'date';
}

/**
 * @returns by model name, the members of every body that is a plain object; a model whose shape is not known has
 *   no form
 */
export function bodyForms(description: Description): Record<string, readonly BodyMember[]> {
  const bodies = Object.values(description.paths)
    .flatMap((item) => Object.values(item))
    .flatMap(({ requestBody }) => (requestBody ? [requestBody.content['application/json'].schema] : []));
  const forms = bodies.map((reference) => {
    const name = reference.$ref.slice(reference.$ref.lastIndexOf('/') + 1);
    return [name, members(description, resolve<Model>(description, reference))] as const;
  });
  return Object.fromEntries(forms.filter(([, found]) => found.length > 0));
}

function members(description: Description, { properties = {}, required = [] }: Model): BodyMember[] {
  return Object.entries(properties).map(([name, reference]) => {
    const model = resolve<Model>(description, reference);
    const inner = members(description, model);
    return {
      name,
      required: required.includes(name),
      schema: {
        ...valueSchema(description, model),
        ...(model['x-input'] && { format: model['x-input'] }),
      },
      ...(inner.length > 0 && { members: inner }),
    };
  });
}
