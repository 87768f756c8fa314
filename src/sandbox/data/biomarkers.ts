import type { components } from '../../generated/api-types';

type Risk = components['schemas']['Risk'];
type Specimen = components['schemas']['TestResult']['specimen'];
export type Bound = components['schemas']['ReportResultRangeBound'];
export type Contributor = components['schemas']['ReportResultContributor'];

/** A made-up measure of a package: what its values look like and what they mean. */
export interface Marker {
  identifier: string;
  name: string;
  description: string;
  units: string;
  specimen: NonNullable<Specimen>;
  /** Smallest and largest value that the sandbox makes up. Absent for a result in words. */
  values?: readonly [number, number];
  /** Results in words, with the risk each of them means. */
  words?: readonly { value: string; risk: Risk }[];
  /** What is normal. Outside it the risk is moderate below and high above. */
  normal?: readonly [number, number];
  /** Measured four times a day, with its own normal range each time. */
  timeSensitive?: boolean;
  /** The normal range is that of the patient's age group. */
  ageSensitive?: boolean;
  contributors?: readonly Contributor[];
}

const contributors: readonly Contributor[] = [
  {
    contributorType: 'directional',
    name: 'Sleep',
    content: '<p>Little sleep (made-up)</p>',
    risk: 'MODERATE',
    direction: 'INCREASES',
  },
  {
    contributorType: 'scalar',
    name: 'Exercise',
    content: '<p>Walking (made-up)</p>',
    risk: 'MINIMAL',
    effectSize: -1.5,
    effectUnits: 'years',
  },
  {
    contributorType: 'string',
    name: 'Smoking',
    content: '<p>Never (made-up)</p>',
    risk: 'MINIMAL',
    value: 'Never',
  },
];

const markersOf: Readonly<Record<string, readonly Marker[]>> = {
  'GUT-BALANCE': [
    {
      identifier: 'gut-diversity',
      name: 'Diversity',
      description: 'How many kinds of bacteria were found (made-up)',
      units: 'percentile',
      specimen: 'STOOL',
      values: [5, 95],
      normal: [40, 100],
    },
    {
      identifier: 'calprotectin',
      name: 'Calprotectin',
      description: 'A sign of inflammation (made-up)',
      units: 'ug/g',
      specimen: 'STOOL',
      values: [5, 220],
      normal: [0, 50],
    },
    {
      identifier: 'parasites',
      name: 'Parasites',
      description: 'Whether any were seen (made-up)',
      units: '',
      specimen: 'STOOL',
      words: [
        { value: 'Not detected', risk: 'MINIMAL' },
        { value: 'Detected', risk: 'HIGH' },
      ],
    },
  ],
  'BIO-AGE': [
    {
      identifier: 'biological-age',
      name: 'Biological age',
      description: 'An age computed from the results (made-up)',
      units: 'years',
      specimen: 'CALCULATED',
      values: [-8, 8],
      contributors,
    },
    {
      identifier: 'metabolic-score',
      name: 'Metabolic score',
      description: 'A score computed from the results (made-up)',
      units: '%',
      specimen: 'CALCULATED',
      values: [20, 99],
      normal: [60, 100],
    },
    {
      identifier: 'glucose',
      name: 'Glucose',
      description: 'Sugar in the blood (made-up)',
      units: 'mg/dL',
      specimen: 'DRIED_BLOOD_SPOT',
      values: [65, 130],
      normal: [70, 99],
    },
  ],
  'HEART-CHECK': [
    {
      identifier: 'ldl',
      name: 'LDL cholesterol',
      description: 'A blood fat (made-up)',
      units: 'mg/dL',
      specimen: 'VENIPUNCTURE',
      values: [60, 190],
      normal: [50, 116],
      ageSensitive: true,
    },
    {
      identifier: 'hdl',
      name: 'HDL cholesterol',
      description: 'A blood fat (made-up)',
      units: 'mg/dL',
      specimen: 'VENIPUNCTURE',
      values: [25, 95],
      normal: [40, 80],
    },
  ],
  'STRESS-360': [
    {
      identifier: 'cortisol',
      name: 'Cortisol',
      description: 'A hormone that follows the time of day (made-up)',
      units: 'nmol/L',
      specimen: 'SALIVA',
      values: [1, 20],
      normal: [2, 14],
      timeSensitive: true,
    },
    {
      identifier: 'ferritin',
      name: 'Ferritin',
      description: 'Stored iron (made-up)',
      units: 'ng/mL',
      specimen: 'VENIPUNCTURE',
      values: [8, 320],
      normal: [24, 250],
    },
  ],
};

export const markers = (packageIdentifier: string): readonly Marker[] => markersOf[packageIdentifier] ?? [];
