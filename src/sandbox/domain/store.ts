import type { OrderState, Patient, PatientState } from './model';
import { identifierOf, indexOf, makePatient } from '../data/seed-patients';
import { seedPatient } from './seed';

/**
 * All state, in memory. Seeded patients are made when they are asked for and kept only once they are changed, so
 * that 100,000 of them cost nothing at the start.
 */
export class Store {
  private kept = new Map<string, PatientState>();
  /** Patients that were created after the start, in their order. */
  private created: string[] = [];
  private lastId = 0;

  constructor(
    private readonly seed: number,
    private readonly seeded: number,
  ) {
    this.reset();
  }

  /** Goes back to the seeded data. */
  reset(): void {
    this.kept = new Map();
    this.created = [];
    // Above every number of seeded data, which have a block of 1,000 for each patient.
    this.lastId = 900_000_000;
  }

  /** @returns The next number for a new thing; numbers are never used twice. */
  id(): number {
    return ++this.lastId;
  }

  /** @returns A patient to look at: changes to a seeded one are lost, use {@link edit} for those. */
  read(patientIdentifier: string): PatientState | undefined {
    const kept = this.kept.get(patientIdentifier);
    if (kept) return kept;
    const index = this.seededIndex(patientIdentifier);
    return index === undefined ? undefined : seedPatient(this.seed, index);
  }

  /** @returns A patient to change. */
  edit(patientIdentifier: string): PatientState | undefined {
    const state = this.read(patientIdentifier);
    if (state) this.touch(state);
    return state;
  }

  /** Keeps a patient, as the one that changed last. */
  touch(state: PatientState): void {
    const { patientIdentifier } = state.patient;
    this.kept.delete(patientIdentifier);
    this.kept.set(patientIdentifier, state);
  }

  create(patient: Patient): PatientState {
    const state: PatientState = {
      patient,
      orders: [],
      reports: [],
      recommendations: [],
      answers: {},
      agreements: [],
    };
    this.touch(state);
    this.created.push(patient.patientIdentifier);
    return state;
  }

  get patientCount(): number {
    return this.seeded + this.created.length;
  }

  /** @returns The patients from position `start` up to, not including, `end`. */
  patients(start: number, end: number): Patient[] {
    const last = Math.min(end, this.patientCount);
    const page: Patient[] = [];
    for (let position = start; position < last; position++) page.push(this.patientAt(position));
    return page;
  }

  /**
   * @returns Patients for people to look at, those that changed last first.
   * @param search Part of an identifier or name; empty: all.
   */
  browse(search: string, start: number, end: number): { total: number; patients: PatientState[] } {
    const changed = [...this.kept.values()].reverse();
    const untouched = (index: number): boolean => !this.kept.has(identifierOf(index));
    if (search === '') {
      const patients = changed.slice(start, end);
      for (let index = 0, position = changed.length; index < this.seeded && position < end; index++) {
        if (untouched(index) && position++ >= start) patients.push(seedPatient(this.seed, index));
      }
      return { total: this.patientCount, patients };
    }
    const matches = matching(search);
    const found = changed.filter(({ patient }) => matches(patient)).map((state) => () => state);
    for (let index = 0; index < this.seeded; index++) {
      // To make all that a patient has costs more than to make a name.
      if (untouched(index) && matches(makePatient(this.seed, index))) {
        found.push(() => seedPatient(this.seed, index));
      }
    }
    return { total: found.length, patients: found.slice(start, end).map((make) => make()) };
  }

  /** @returns Who has an order of that identifier: identifiers are unique for one patient only. */
  ownersOf(orderIdentifier: string): PatientState[] {
    const has = (state: PatientState): boolean =>
      state.orders.some(({ order }) => order.orderIdentifier === orderIdentifier);
    const owners = [...this.kept.values()].filter(has);
    const index = indexOf(orderIdentifier);
    const seeded = index === undefined ? undefined : this.read(identifierOf(index));
    return seeded && has(seeded) && !owners.includes(seeded) ? [...owners, seeded] : owners;
  }

  private patientAt(position: number): Patient {
    const identifier =
      position < this.seeded ? identifierOf(position) : (this.created[position - this.seeded] ?? '');
    return this.kept.get(identifier)?.patient ?? makePatient(this.seed, position);
  }

  private seededIndex(patientIdentifier: string): number | undefined {
    const index = indexOf(patientIdentifier);
    return index !== undefined &&
      index >= 0 &&
      index < this.seeded &&
      identifierOf(index) === patientIdentifier
      ? index
      : undefined;
  }
}

function matching(search: string): (patient: Patient) => boolean {
  const wanted = search.toLowerCase();
  return ({ patientIdentifier, firstName = '', lastName = '' }) =>
    `${patientIdentifier} ${firstName} ${lastName}`.toLowerCase().includes(wanted);
}

export const orderOf = (state: PatientState, orderIdentifier: string): OrderState | undefined =>
  state.orders.find(({ order }) => order.orderIdentifier === orderIdentifier);
