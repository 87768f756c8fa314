import { rules } from './rules';
import type { Text } from './texts';

export interface Finding {
  place: string;
  /** What to write instead. */
  rule: string;
  sentence: string;
}

/** @returns each sentence that breaks a rule, once for each rule */
export function findings(texts: readonly Text[]): Finding[] {
  return texts.flatMap(({ place, text }) =>
    sentences(text).flatMap((sentence) =>
      rules
        .filter(({ breaks, except }) => breaks(sentence) && !(except?.test(place) || except?.test(sentence)))
        .map(({ advice }) => ({ place, rule: advice, sentence })),
    ),
  );
}

/** Splits at the end of a sentence, or at a colon or semicolon, which end a thought as well. */
function sentences(text: string): string[] {
  return text
    .split(/(?<=[.!?:;])["”)]?\s+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== '');
}
