import { topics as known } from '../../generated/topics';

export interface OutputChoice {
  /** Undefined in flows that leave it out: all topics. */
  topics?: readonly string[] | undefined;
  duplicatesOutput?: boolean | undefined;
  rejectedOutput?: boolean | undefined;
  deadLetterOutput?: boolean | undefined;
}

export const topicNames: readonly string[] = known.map(({ name }) => name);

/** @returns the ports from top to bottom: the topics in the vendor's order, `other`, then the optional ones */
export function portsOf({
  topics,
  duplicatesOutput,
  rejectedOutput,
  deadLetterOutput,
}: OutputChoice): string[] {
  return [
    ...topicNames.filter((name) => !topics || topics.includes(name)),
    'other',
    ...(duplicatesOutput ? ['duplicates'] : []),
    ...(rejectedOutput ? ['rejected'] : []),
    ...(deadLetterOutput ? ['deadLetters'] : []),
  ];
}

/**
 * The map that lets the editor move wires along with what a port stands for: by old index the new index or -1, and
 * by another key the index of a port that is new.
 */
export function outputMap(before: readonly string[], after: readonly string[]): Record<string, number> {
  const moved = before.map((port, index) => [String(index), after.indexOf(port)] as const);
  const added = after
    .map((port, index) => [`new-${port}`, index] as const)
    .filter(([, index]) => !before.includes(after[index] ?? ''));
  return Object.fromEntries([...moved, ...added]);
}
