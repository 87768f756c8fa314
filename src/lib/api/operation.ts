/**
 * The shape of the operation table that `scripts/generate.ts` derives from `openapi/onegevity-v1.yaml`.
 * Nodes, forms, scopes and the client read operations through these types and nowhere else.
 */

/** A value schema as far as forms and request checks need it (a subset of OpenAPI 3.0's schema object). */
export interface ValueSchema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  format?: string;
  enum?: readonly string[];
  items?: ValueSchema;
  minimum?: number;
  maxLength?: number;
  pattern?: string;
}

export interface OperationParameter {
  name: string;
  /** `argument`: an input of an operation that this package composes of others (for example `activateKit`). */
  in: 'path' | 'query' | 'argument';
  required: boolean;
  schema: ValueSchema;
  /** Where the value is read from unless the flow says otherwise, as a path under `msg`; absent: nowhere. */
  source?: string;
}

export interface OperationBody {
  required: boolean;
  /** Name of the model under `components.schemas`. */
  schema: string;
  /** The vendor documents this model (confidence A): unknown members are rejected before sending. */
  strict: boolean;
}

/** What a success of an operation must be, as far as it is documented. */
export interface OperationResponse {
  /** Name of the model under `components.schemas`. */
  schema: string;
  /** The vendor documents this model (confidence A). */
  known: boolean;
  /** `any`: its contents are not documented. */
  type: 'object' | 'any';
  /** Fields of the response, each with the parameter or the field of the body that it must equal. */
  echo: Readonly<Record<string, string>>;
}

export interface Operation {
  /** The vendor's operation name, or this package's for a composed one. */
  id: string;
  tag: string;
  method: 'GET' | 'POST' | 'PATCH';
  /** Template below `/api/v1`, for example `/patients/{patientIdentifier}`. Empty for a composed operation. */
  path: string;
  parameters: readonly OperationParameter[];
  body?: OperationBody;
  /** Absent for a list, and for a composed operation, whose calls have their own. */
  response?: OperationResponse;
  /** List operations: the member of the answer that holds the items. `presumed`: its name is not documented. */
  list?: { items: string; presumed?: boolean };
  /** Body and answer are converted by this package (`src/lib/api/codecs.ts`), which may call others first. */
  codec?: { as: 'surveyAnswers'; reads?: readonly string[] };
  scopes: readonly string[];
  /** False where the scope is inferred from its name: the vendor documents it for fulfillment only. */
  scopesKnown: boolean;
  confidence: 'A' | 'B' | 'C';
  writes: boolean;
  /** The operations a composed one is built on. */
  composedOf?: readonly string[];
}

/** One member of a request body, as the editor's structured form shows it. */
export interface BodyMember {
  name: string;
  /** Within the object it belongs to. */
  required: boolean;
  schema: ValueSchema;
  /** Of an object whose members are known. */
  members?: readonly BodyMember[];
}
