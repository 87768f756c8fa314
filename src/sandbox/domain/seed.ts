/** Seeded patients: each is made from the seed and its index alone, by playing its orders some steps forward. */
import { packageOf } from '../data/catalog';
import { moves, nextMove } from './order-transitions';
import type { OrderState, Patient, PatientState, SimulationContext } from './model';
import { createOrder } from './new-order';
import { DAY, makePatient, registeredAt } from '../data/seed-patients';
import { random } from '../data/random';

interface Plan {
  package: string;
  ships: boolean;
  /** Steps to play; Infinity plays to the end. */
  steps: number;
  stop?: 'reject shipment' | 'cancel shipment';
}

const done = Infinity;

/** What patients have ordered and how far it is; patient n follows entry n modulo the length. */
const plans: readonly (readonly Plan[])[] = [
  [{ package: 'GUT-BALANCE', ships: true, steps: done }],
  [{ package: 'GUT-BALANCE', ships: true, steps: 2 }],
  [{ package: 'BIO-AGE', ships: true, steps: 3 }],
  [{ package: 'BIO-AGE', ships: false, steps: 2 }],
  [{ package: 'HEART-CHECK', ships: false, steps: 1 }],
  [{ package: 'HEART-CHECK', ships: false, steps: 2 }],
  [
    { package: 'BIO-AGE', ships: true, steps: done },
    { package: 'BIO-AGE', ships: true, steps: 0 },
  ],
  [],
  [{ package: 'STRESS-360', ships: true, steps: 5 }],
  [{ package: 'GUT-BALANCE', ships: true, steps: 0, stop: 'reject shipment' }],
  [
    { package: 'HEART-CHECK', ships: false, steps: done },
    { package: 'BIO-AGE', ships: true, steps: done },
    { package: 'BIO-AGE', ships: true, steps: done },
  ],
  [{ package: 'GUT-BALANCE', ships: true, steps: 1 }],
  [{ package: 'STRESS-360', ships: true, steps: done }],
  [{ package: 'GUT-BALANCE', ships: true, steps: 1, stop: 'cancel shipment' }],
];

/** Numbers of the things of one seeded patient lie in a block of their own. */
const BLOCK = 1000;

/** @returns Everything of the seeded patient with that index, made anew at each call. */
export function seedPatient(seed: number, index: number): PatientState {
  const patient = makePatient(seed, index);
  const state: PatientState = {
    patient,
    orders: [],
    reports: [],
    recommendations: [],
    answers: {},
    agreements: [],
  };
  const around = replay(seed, index);
  for (const plan of plans[index % plans.length] ?? []) state.orders.push(play(state, plan, around));
  return state;
}

function play(state: PatientState, plan: Plan, around: SimulationContext): OrderState {
  const ordered = packageOf(plan.package);
  if (!ordered) throw new Error(`no such package: ${plan.package}`);
  const orderIdentifier = `${state.patient.patientIdentifier}-O${state.orders.length + 1}`;
  const fulfillmentInformation = plan.ships ? shippingTo(state.patient) : undefined;
  const made = createOrder(
    { orderIdentifier, package: ordered, ...(fulfillmentInformation && { fulfillmentInformation }) },
    around,
  );
  for (let step = 0; step < plan.steps; step++) {
    const move = nextMove(state, made);
    if (!move) break;
    move.apply(around);
  }
  moves(state, made)
    .find(({ name }) => name === plan.stop)
    ?.apply(around);
  return made;
}

function shippingTo({ firstName = '', lastName = '', phoneNumber = '', address }: Patient) {
  return (
    address && {
      recipientFirstName: firstName,
      recipientLastName: lastName,
      recipientPhoneNumber: phoneNumber,
      shippingMethod: 'GROUND' as const,
      shippingAddress: address,
    }
  );
}

/** Time goes on by six hours each time it is asked for. */
function replay(seed: number, index: number): SimulationContext {
  let time = registeredAt(index);
  let id = 1_000_000 + index * BLOCK;
  return {
    now: () => new Date((time += DAY / 4)),
    id: () => id++,
    random: random(seed, index, 2),
  };
}
