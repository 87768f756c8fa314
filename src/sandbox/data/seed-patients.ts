import type { components } from '../../generated/api-types';
import { random } from './random';

type Schemas = components['schemas'];

/** A patient as the API shows it. Beyond names, birth date and gender the vendor's members are not documented. */
export type Patient = Schemas['Patient'] & {
  id: number;
  patientIdentifier: string;
  email?: string;
  phoneNumber?: string;
  address?: Schemas['Address'];
  healthProfile: Record<string, unknown>;
  createdTimestamp: string;
};

// Names that nobody is called, and numbers and domains that are reserved for examples.
const FIRST = ['Demo', 'Sample', 'Mock', 'Pretend', 'Fable', 'Fiction', 'Dummy', 'Story', 'Legend', 'Myth'];
const LAST = [
  'Testington',
  'Exampleson',
  'Placeholder',
  'Mockwell',
  'Specimen',
  'Madeupp',
  'Notreal',
  'Imagined',
];
const CITIES = ['Sampleton', 'Exampleville', 'Testburg', 'Mockford'];

/** Seeded data begins at this fixed moment, so that it does not change from day to day. */
const EPOCH = Date.UTC(2025, 0, 6, 8);

export const DAY = 86_400_000;

/** The moment a seeded patient was registered, as epoch milliseconds. */
export const registeredAt = (index: number): number => EPOCH + (index % 200) * 3 * 3_600_000;

export const identifierOf = (index: number): string => `SB-${String(index + 1).padStart(6, '0')}`;

/** @returns The index that made this identifier, or undefined for any other text. */
export function indexOf(identifier: string): number | undefined {
  const digits = /^SB-(\d{6,})(?:-|$)/.exec(identifier)?.[1];
  return digits === undefined ? undefined : Number(digits) - 1;
}

/** Makes the seeded patient of that index, always the same. */
export function makePatient(seed: number, index: number): Patient {
  const rng = random(seed, index, 1);
  const firstName = rng.pick(FIRST);
  const lastName = rng.pick(LAST);
  const year = rng.int(1950, 2004);
  return {
    id: 100_001 + index,
    patientIdentifier: identifierOf(index),
    firstName,
    lastName,
    dateOfBirth: `${year}-${two(rng.int(1, 12))}-${two(rng.int(1, 28))}`,
    gender: rng.pick(['FEMALE', 'MALE', 'UNKNOWN'] as const),
    email: `${firstName}.${lastName}.${index + 1}@example.com`.toLowerCase(),
    phoneNumber: `202-555-01${two(rng.int(0, 99))}`,
    address: {
      streetAddress1: `${rng.int(1, 999)} Example Street`,
      city: rng.pick(CITIES),
      region: 'NY',
      country: 'US',
      postalCode: '00000',
    },
    healthProfile: { HEIGHT_FT: rng.int(4, 6), HEIGHT_IN: rng.int(0, 11), SMOKER: 'NEVER' },
    createdTimestamp: new Date(registeredAt(index)).toISOString(),
  };
}

const two = (value: number): string => String(value).padStart(2, '0');
