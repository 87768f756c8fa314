import type { components } from '../../generated/api-types';
import { markers, type Bound, type Marker } from '../data/biomarkers';
import type { Order, Patient, Recommendation, ReportDetails, SimulationContext } from './model';
import { adviceFor } from './recommendations';
import { documentHost } from './documents';
import { DAY } from '../data/seed-patients';

type Result = components['schemas']['TestResult'];
type Section = components['schemas']['ReportSection'];
type SummarySection = components['schemas']['SummarySection'];

const TIMES = [
  { timeOfDayClassification: 'MORNING', collectionTime: '07:30:00', start: '05:00:00', end: '10:00:00' },
  { timeOfDayClassification: 'DAYTIME', collectionTime: '12:30:00', start: '10:00:00', end: '15:00:00' },
  { timeOfDayClassification: 'EVENING', collectionTime: '17:30:00', start: '15:00:00', end: '20:00:00' },
  { timeOfDayClassification: 'NIGHT', collectionTime: '22:30:00', start: '20:00:00', end: '23:59:59' },
] as const;

/**
 * Makes the report of a finished order, with every member that the vendor's report widget cannot do without, and
 * the recommendations that follow from its results.
 */
export function makeReport(
  patient: Patient,
  order: Order,
  around: SimulationContext,
): { details: ReportDetails; recommendations: Recommendation[] } {
  const age = ageOf(patient, around.now());
  const measured = markers(order.packageIdentifier).map((marker) => ({
    marker,
    results: resultsOf(marker, age, around),
  }));
  const recommendations = adviceFor(
    measured.flatMap(({ results }) => results),
    around,
  );
  const details: ReportDetails = {
    id: around.id(),
    name: `${order.packageName} report`,
    createdTimestamp: around.now().toISOString(),
    summarySection: summary(
      measured.flatMap(({ results }) => results),
      age,
    ),
    bodySections: [
      section('results', null, 'Your results', ''),
      ...measured.map(({ marker, results }) => ({
        ...section(`result-${marker.identifier}`, 'results', marker.name, `<p>${marker.description}</p>`),
        results,
      })),
      {
        ...section('advice', null, 'What you can do', ''),
        recommendations: recommendations.map(shownInReport),
      },
    ],
    appendixSections: [section('about', null, 'About this report', '<p>Made up by the sandbox.</p>')],
    relatedDocuments: [{ name: 'Report as PDF', downloadUrl: `${documentHost}/reports/${order.id}.pdf` }],
  };
  return { details, recommendations };
}

function section(anchorId: string, parentAnchorId: string | null, title: string, content: string): Section {
  return {
    anchorId,
    parentAnchorId,
    title,
    tocLabel: title,
    includeInTOC: true,
    content,
    imageUrls: [],
    results: [],
    recommendations: [],
  };
}

/** The vendor's widget wants a list of images, and lists of examples and products where they belong. */
const shownInReport = (recommendation: Recommendation): components['schemas']['ReportRecommendation'] => ({
  ...recommendation,
  imageUrls: recommendation.imageUrls ?? [],
});

function resultsOf(marker: Marker, age: number, around: SimulationContext): Result[] {
  if (marker.timeSensitive) {
    return TIMES.map(({ timeOfDayClassification, collectionTime }) => ({
      ...numericResult(marker, age, around),
      timeOfDayClassification,
      collectionTime,
    }));
  }
  return [marker.words ? resultInWords(marker, around) : numericResult(marker, age, around)];
}

function resultInWords(marker: Marker, around: SimulationContext): Result {
  const word = around.random.pick(marker.words ?? []);
  return {
    ...common(marker),
    value: word.value,
    valueIsNumeric: false,
    riskClassification: word.risk,
    range: { rangeType: 'string', timeSensitive: false, ageSensitive: false, bounds: [] },
  };
}

function numericResult(marker: Marker, age: number, around: SimulationContext): Result {
  const [min, max] = marker.values ?? [0, 1];
  const drawn = around.random.decimal(min, max);
  // An age is drawn as a distance from the patient's own.
  const value = marker.units === 'years' ? Math.round((age + drawn) * 10) / 10 : drawn;
  const normal = marker.normal ?? ([0, age] as const);
  return {
    ...common(marker),
    value,
    valueIsNumeric: true,
    riskClassification: value < normal[0] ? 'MODERATE' : value > normal[1] ? 'HIGH' : 'MINIMAL',
    range: {
      rangeType: 'numeric',
      timeSensitive: marker.timeSensitive ?? false,
      ageSensitive: marker.ageSensitive ?? false,
      bounds: marker.timeSensitive
        ? TIMES.flatMap(({ start, end }) =>
            bounds(normal).map((bound) => ({ ...bound, timeOfDayStart: start, timeOfDayEnd: end })),
          )
        : marker.ageSensitive
          ? boundsByAge(normal, age)
          : bounds(normal),
    },
  };
}

const common = (marker: Marker): Result => ({
  identifier: marker.identifier,
  name: marker.name,
  description: marker.description,
  content: `<p>${marker.name}: ${marker.description}</p>`,
  units: marker.units,
  specimen: marker.specimen,
  contributors: [...(marker.contributors ?? [])],
});

function bounds([low, high]: readonly [number, number]): Bound[] {
  return [
    ...(low > 0
      ? [
          {
            lower: { value: 0, inclusive: true },
            upper: { value: low, inclusive: false },
            risk: 'MODERATE',
          } as const,
        ]
      : []),
    { lower: { value: low, inclusive: true }, upper: { value: high, inclusive: true }, risk: 'MINIMAL' },
    { lower: { value: high, inclusive: false }, risk: 'HIGH' },
  ];
}

/** Every age group has its bounds; those of the patient's are selected. */
function boundsByAge(normal: readonly [number, number], age: number): Bound[] {
  const groups = [
    { ageMin: 0, ageMax: 39, shift: age < 40 ? 0 : -10 },
    { ageMin: 40, ageMax: 120, shift: age < 40 ? 10 : 0 },
  ];
  return groups.flatMap(({ ageMin, ageMax, shift }) =>
    bounds([normal[0] + shift, normal[1] + shift]).map((bound) => ({
      ...bound,
      ageMin,
      ageMax,
      selected: age >= ageMin && age <= ageMax,
    })),
  );
}

function summary(results: readonly Result[], age: number): SummarySection {
  const biological = results.find((result) => result.units === 'years');
  const namesOf = (risk: Result['riskClassification']): string[] =>
    results.filter((result) => result.riskClassification === risk).map((result) => result.name ?? '');
  return {
    title: 'Summary',
    content: '<p>All numbers in this report are made up.</p>',
    alerts: namesOf('HIGH').map((name) => ({
      content: `<p>${name} is high.</p>`,
      priority: 'HIGH' as const,
    })),
    summaryResult: biological
      ? { summaryResultType: 'bioage', biologicalAge: Number(biological.value), chronologicalAge: age }
      : {
          summaryResultType: 'riskBuckets',
          HIGH: namesOf('HIGH'),
          MODERATE: namesOf('MODERATE'),
          MINIMAL: namesOf('MINIMAL'),
        },
  };
}

const ageOf = (patient: Patient, now: Date): number =>
  Math.max(0, Math.floor((now.getTime() - Date.parse(patient.dateOfBirth)) / (365.25 * DAY)));
