/** What a program can check of the style guide. Each rule looks at one sentence. */

export interface Rule {
  /** What to write instead. */
  advice: string;
  /** Whether a sentence breaks the rule. */
  breaks: (sentence: string) => boolean;
  /** Places (paths of texts) where the words mean something else. */
  except?: RegExp;
}

const maxWords = 28;

const words = (advice: string, pattern: RegExp, except?: RegExp): Rule => ({
  advice,
  breaks: (sentence) => pattern.test(sentence),
  ...(except ? { except } : {}),
});

const surveys = /survey/i;
/** The one page about what Onegevity does not document may speak of "the vendor". */
const undocumented = /what-is-not-documented/;

export const rules: readonly Rule[] = [
  {
    advice: `at most ${maxWords} words in a sentence`,
    breaks: (sentence) => sentence.split(/\s+/).filter((word) => /\p{L}/u.test(word)).length > maxWords,
  },
  words(
    '"if" or "when" for a condition, not "where"',
    /^Where (?!(is|are|do|does|to|can)\b)|\b(only|but|except|also|and|or|, )\s*where (?!to\b)/i,
  ),
  words('no bare "One that", "Who", "What" or "So" at the start', /^(One that|Who|What|So)\b(?![^?]*\?$)/),
  words(
    'plain syntax instead of "so that", "of its own", "by itself"',
    /\b(so that|of (its|their|your) own|by (itself|themselves))\b/i,
  ),
  words('"configuration", not "account"', /\baccounts?\b/i, /service account/i),
  words('"response", not "answer" (surveys have answers)', /\banswer(s|ed|ing)?\b/i, surveys),
  words(
    '"rejected", not "refused" ("connection refused" stays)',
    /(?<!connection )\brefus(e|es|ed|al|als|ing)\b/i,
  ),
  words('"redelivered"', /\b(emitted again|replayed|emits? (it|them) again)\b/i),
  words('"marks as done"', /\b(settles?|deals? with|dealt with)\b/i),
  words('"dead-letter"', /\bgiv(e|es|en|ing) up\b/i),
  words('"unreadable events"', /\bset aside\b/i),
  words('"base URL"', /\broot( URL)?\b/i, /httpNodeRoot|httpAdminRoot/),
  words('"timeout"', /\b(time limit|deadline)s?\b/i),
  words('"fields" of a body, "properties" of msg', /\bmembers?\b/i),
  words('"Node-RED instances"', /\bNode-REDs\b/),
  words('"user directory"', /\buser folder\b/i),
  words('"Onegevity"', /\b(the )?vendor('s|’s)?\b/i, undocumented),
  words('"simulator", "test data"', /\b(stand-in|made-up)\b/i),
  words('"client ID"', /\bclient id\b/),
  words('"previous webhook secret"', /\bprevious secret\b/i),
  words('another word', /\b(mend(s|ed|ing)?|fate|h(o|e)lds? against|anew|so many|beside)\b/i),
  words(
    'US spelling',
    /\b(colou?rs?(?<!colors?)|behaviou?r(?<!behavior)|honou?r(s|ed)?(?<!honor(s|ed)?)|favou?r(?<!favor)|cent(re|red)|licen[c]es?|(recogn|normal|serial|organ|author|summar|initial|sanit|real)is(e|es|ed|ing|ation)|catalogues?|analys(e|ed|ing)\b(?<!analyses))\b/i,
  ),
];
