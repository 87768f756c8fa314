import type { Node, NodeAPI } from 'node-red';
import { operations } from '../../generated/operations';
import { topics } from '../../generated/topics';
import { checkBody, isWebhookEvent } from '../../lib/api/body';
import { OnegevityError } from '../../lib/api/errors';
import type { Operation } from '../../lib/api/operation';
import { asObject } from '../../lib/api/response';
import { type BodyDef, readBody } from './body';
import { type CallNodeDef, type Prepared, wireCallNode } from './call-node';
import { runComposed } from './composed';
import { findConfig } from './config-node';
import { FieldReader, type Fields } from './fields';
import { type PagingDef, runList } from './list';
import type { FlowMessage } from './message';

interface ActionDef extends CallNodeDef, PagingDef {
  operation?: string;
  fields?: Fields;
  body?: BodyDef;
  /** createPatientOrder only: read the patient first, since the vendor creates an unknown one. */
  patientMustExist?: boolean;
}

/**
 * Registers a node type that offers the operations of one tag of the API description.
 * @param type node type, `onegevity-…`
 * @param tag the tag in `openapi/onegevity-v1.yaml`
 */
export function registerActionNode(RED: NodeAPI, type: string, tag: string): void {
  const offered = Object.values<Operation>(operations).filter((operation) => operation.tag === tag);

  function ActionNode(this: Node, def: ActionDef): void {
    RED.nodes.createNode(this, def);
    const operation = def.operation ? offered.find(({ id }) => id === def.operation) : offered[0];
    const reader = new FieldReader(RED, this, def.fields ?? {});
    if (operation) findConfig(RED, def.config)?.needs(operation.scopes);
    wireCallNode(RED, this, def, async (msg) => {
      if (!operation)
        throw new OnegevityError('unknown_operation', { values: { name: def.operation ?? '' } });
      return prepare(operation, def, reader, msg);
    });
  }

  RED.nodes.registerType(type, ActionNode);
}

async function prepare(
  operation: Operation,
  def: ActionDef,
  reader: FieldReader,
  msg: FlowMessage,
): Promise<Prepared> {
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
      if (operation.id === 'createPatientOrder' && def.patientMustExist) await requirePatient(params, call);
      call.emit(await call.client.call(operation, params, body, call.options));
    },
  };
}

async function checkedBody(
  operation: Operation,
  def: ActionDef,
  reader: FieldReader,
  msg: FlowMessage,
): Promise<unknown> {
  if (operation.writes) refuseWebhookEvent(operation, def, msg);
  if (!operation.body) return undefined;
  const body = await readBody(reader, def.body, msg, pathMembers(operation));
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
function refuseWebhookEvent(operation: Operation, def: ActionDef, msg: FlowMessage): void {
  const { mode, type = 'msg', value = 'payload' } = def.body ?? {};
  const chosen = operation.composedOf
    ? Object.keys(def.fields ?? {}).length > 0
    : mode === 'form' || type !== 'msg' || value !== 'payload';
  const fromWebhook = asObject(msg.onegevity)?.delivery !== undefined;
  if (!chosen && isWebhookEvent(msg.payload, topics, fromWebhook))
    throw new OnegevityError('webhook_as_body');
}

async function requirePatient(
  { patientIdentifier }: Record<string, unknown>,
  { client, options }: Parameters<Prepared['run']>[0],
): Promise<void> {
  try {
    await client.call(operations.patientDetails, { patientIdentifier }, undefined, options);
  } catch (error) {
    const unknown = error instanceof OnegevityError && error.code === 'not_found';
    throw unknown ? new OnegevityError('patient_not_found', { statusCode: 404 }) : error;
  }
}
