import { operations } from '../../generated/operations';
import type { ApiResponse } from '../../lib/api/client';
import { chooseKit, chooseLabVisit, elementsOf, hasNamedElements } from '../../lib/onegevity/kits';
import { OnegevityError } from '../../lib/errors';
import type { Call } from './call-node';

type Params = Record<string, unknown>;
type Composed = (params: Params, call: Call) => Promise<ApiResponse>;

/** The operations that this package builds on order calls, by their name in `x-composed-operations`. */
const composed: Readonly<Record<string, Composed>> = { activateKit, listKits, setLabAppointment };

/** @throws OnegevityError */
export async function runComposed(name: string, params: Params, call: Call): Promise<void> {
  const run = composed[name];
  if (!run) throw new OnegevityError('unknown_operation', { values: { name } });
  call.emit(await run(params, call));
}

function readOrder(
  { patientIdentifier, orderIdentifier }: Params,
  type: 'kit' | 'labVisit',
  { client, options }: Call,
): Promise<ApiResponse> {
  return client.call(
    operations.patientOrderDetails,
    { patientIdentifier, orderIdentifier },
    undefined,
    // Without its elements nobody could say that it has no kit.
    { ...options, verify: (order) => hasNamedElements(order, type) },
  );
}

function updateOrder(params: Params, body: object, { client, options }: Call): Promise<ApiResponse> {
  const { patientIdentifier, orderIdentifier } = params;
  return client.call(operations.updatePatientOrder, { patientIdentifier, orderIdentifier }, body, options);
}

/** Reads the order first: safe to run twice, since a kit that is active already is not activated again. */
async function activateKit(params: Params, call: Call): Promise<ApiResponse> {
  const order = await readOrder(params, 'kit', call);
  const { element, alreadyDone } = chooseKit(order.body, identifierOf(params));
  if (alreadyDone) return order;
  const kit = {
    packageElementIdentifier: element.packageElementIdentifier,
    activationCode: params.activationCode,
  };
  return updateOrder(params, { kitActivations: [kit] }, call);
}

async function listKits(params: Params, call: Call): Promise<ApiResponse> {
  const order = await readOrder(params, 'kit', call);
  return { ...order, body: elementsOf(order.body, 'kit') };
}

async function setLabAppointment(params: Params, call: Call): Promise<ApiResponse> {
  const order = await readOrder(params, 'labVisit', call);
  const { element } = chooseLabVisit(order.body, identifierOf(params));
  const visit = { packageElementIdentifier: element.packageElementIdentifier, scheduled: params.scheduled };
  return updateOrder(params, { labAppointments: [visit] }, call);
}

function identifierOf({ packageElementIdentifier }: Params): string | undefined {
  return packageElementIdentifier === undefined
    ? undefined
    : `${packageElementIdentifier as string | number}`;
}
