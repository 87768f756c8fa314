import type { Node, NodeAPI } from 'node-red';
import type { components } from '../../generated/api-types';
import { operations } from '../../generated/operations';
import { topics } from '../../generated/topics';
import { checkBody, isWebhookEvent } from '../../lib/api/body';
import { codecOf, type ReadFirst } from '../../lib/api/codecs';
import { OnegevityError } from '../../lib/errors';
import { neededScopes, getOperation } from '../../lib/api/scopes';
import type { Operation } from '../../lib/api/operation';
import { asObject } from '../../lib/http/response';
import { type BodyDef, readBody } from './body';
import { type Call, type CallNodeDef, type PreparedCall, createCallNode } from './call-node';
import { runComposed } from './composed';
import { savedReference } from '../shared/saved-reference';
import { FieldReader, type Fields, isDefaultField } from './fields';
import { type PagingDef, runList } from './list';
import { type FlowMessage, isFromWebhook } from '../shared/message';

export interface ActionDef extends CallNodeDef, PagingDef {
  operation?: string;
  fields?: Fields;
  body?: BodyDef;
  /** createPatientOrder only: read the patient first, since the vendor creates an unknown one. */
  patientMustExist?: boolean;
}

/** @param tag the tag in `openapi/onegevity-v1.yaml` whose operations the node offers */
export function buildAction(RED: NodeAPI, node: Node, def: ActionDef, tag: string): void {
  const offered = Object.values<Operation>(operations).filter((operation) => operation.tag === tag);
  const operation = def.operation ? offered.find(({ id }) => id === def.operation) : offered[0];
  const reader = new FieldReader(RED, node, def.fields ?? {});
  const scopes = operation ? neededScopes({ operation, patientMustExist: def.patientMustExist }) : [];
  const unknown = () => {
    const name =
      savedReference(RED, node, ['operation']) ?? (typeof def.operation === 'string' ? def.operation : '?');
    return new OnegevityError('unknown_operation', { values: { name } });
  };
  const prepareCall = async (msg: FlowMessage): Promise<PreparedCall> => {
    if (!operation) throw unknown();
    return prepare(operation, def, reader, msg);
  };
  createCallNode(RED, node, def, prepareCall, scopes);
}

function mustExist(operation: Operation, def: ActionDef): boolean {
  return operation.id === 'createPatientOrder' && def.patientMustExist === true;
}

async function prepare(
  operation: Operation,
  def: ActionDef,
  reader: FieldReader,
  msg: FlowMessage,
): Promise<PreparedCall> {
  const params: Record<string, unknown> = {};
  for (const parameter of operation.parameters) {
    const value = await reader.parameter(parameter, msg, operation.writes);
    if (value !== undefined) params[parameter.name] = value;
  }
  const body = await checkedBody(operation, def, reader, msg);
  return {
    operation: operation.id,
    params,
    run: async (call) => {
      if (operation.composedOf) return runComposed(operation.id, params, call);
      if (operation.list) return runList(operation, params, def, call);
      if (mustExist(operation, def)) await requirePatient(params, call);
      await runSingle(operation, params, body, call);
    },
  };
}

async function runSingle(
  operation: Operation,
  params: Record<string, unknown>,
  body: unknown,
  call: Call,
): Promise<void> {
  const { client, options } = call;
  const conversion = codecOf(operation);
  if (!conversion) return call.emit(await client.call(operation, params, body, options));
  const read: ReadFirst = async (id, verify) =>
    (await client.call(getOperation(id), params, undefined, { ...options, verify })).body;
  const sent = body === undefined ? undefined : await conversion.request(body, read);
  const result = await client.call(operation, params, sent, options);
  call.emit({ ...result, body: conversion.response(result.body) });
}

async function checkedBody(
  operation: Operation,
  def: ActionDef,
  reader: FieldReader,
  msg: FlowMessage,
): Promise<unknown> {
  if (operation.writes) rejectWebhookEvent(operation, def, msg);
  if (!operation.body) return undefined;
  const body = await readBody(reader, def.body, msg, pathMembers(operation));
  // However it was read: the event alone is no body.
  if (isWebhookEvent(body, topics, false)) throw new OnegevityError('webhook_as_body');
  await checkBody(operation.body, body);
  return body;
}

/** Members of the payload that the path takes, by the parameter's name and by its default place. */
function pathMembers({ parameters }: Operation): string[] {
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  return inPath.flatMap(({ name, source }) => (source ? [name, source.replace(/^payload\./, '')] : [name]));
}

/**
 * A webhook wired straight into a write would send the event itself as patient data, or repeat what it reports.
 * Where the dialog names another place for what is written, the flow's author has chosen.
 */
function rejectWebhookEvent(operation: Operation, def: ActionDef, msg: FlowMessage): void {
  const { mode, type = 'msg', value = 'payload' } = def.body ?? {};
  const chosen = operation.composedOf
    ? operation.parameters.some((parameter) => !isDefaultField(parameter, def.fields?.[parameter.name]))
    : mode === 'form' || type !== 'msg' || value !== 'payload';
  if (!chosen && isWebhookEvent(msg.payload, topics, isFromWebhook(msg)))
    throw new OnegevityError('webhook_as_body');
}

type Patient = components['schemas']['Patient'];
const patientFields: readonly (keyof Patient)[] = [
  'patientIdentifier',
  'firstName',
  'lastName',
  'dateOfBirth',
  'gender',
];

/** Whether a response is about a patient at all: the model is not documented, so any of its fields will do. */
function isPatient(body: unknown): boolean {
  const fields = asObject(body) ?? {};
  return patientFields.some((name) => fields[name] !== undefined && fields[name] !== null);
}

async function requirePatient(
  { patientIdentifier }: Record<string, unknown>,
  { client, options }: Call,
): Promise<void> {
  try {
    const verified = { ...options, verify: isPatient };
    await client.call(operations.patientDetails, { patientIdentifier }, undefined, verified);
  } catch (error) {
    const unknown = error instanceof OnegevityError && error.code === 'not_found';
    throw unknown ? new OnegevityError('patient_not_found', { statusCode: 404 }) : error;
  }
}
