import type { components } from '../../generated/api-types';
import type { Recommendation, SimulationContext } from './model';

type Result = components['schemas']['TestResult'];

/** Makes a diet, a lifestyle and a product recommendation, each naming the result it is about. */
export function adviceFor(results: readonly Result[], around: SimulationContext): Recommendation[] {
  const notable = results.filter((result) => result.riskClassification !== 'MINIMAL');
  const subject = (position: number): string => {
    const result =
      notable[position % Math.max(1, notable.length)] ?? results[position % Math.max(1, results.length)];
    return result?.name ?? 'your results';
  };
  const base = (name: string, category: string, content: string) => ({
    id: around.id(),
    name,
    category,
    archived: false,
    createdTimestamp: around.now().toISOString(),
    content: `<p>${content} (made-up)</p>`,
    imageUrls: [],
  });
  return [
    {
      ...base('Eat more fiber', 'Food', `Fiber may help with ${subject(0)}`),
      recommendationType: 'diet',
      amount: '30 grams',
      frequency: 'every day',
      sources: ['oats', 'beans', 'pears'],
    },
    {
      ...base('Go for a walk', 'Exercise', `Walking may help with ${subject(1)}`),
      recommendationType: 'lifestyle',
      frequency: 'five times a week',
      duration: '30 minutes',
      examples: ['a walk after lunch', 'stairs instead of the lift'],
    },
    {
      ...base('Sample supplement', 'Health', `This supplement may help with ${subject(2)}`),
      recommendationType: 'product',
      products: [
        {
          productName: 'Sample Daily',
          productCatalog: 'SANDBOX',
          productIdentifier: 'SAMPLE-1',
          suggestedUse: 'One capsule a day with food.',
        },
      ],
    },
  ];
}
