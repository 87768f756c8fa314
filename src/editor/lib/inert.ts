/** What HTML gives a meaning to, and what stands for it in a text: the same to a reader. */
const lookalikes: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '&': '＆' };

/**
 * For texts that Node-RED's editor shows as text in one place and as HTML in another, so that neither setting nor
 * escaping them is right in both.
 * @returns a text without any character that HTML gives a meaning to
 */
export function inert(text: string): string {
  return text.replace(/[<>&]/g, (character) => lookalikes[character] ?? '');
}

type Verdict = boolean | string;
type Validator = (...values: never[]) => Verdict;

function isValidator(name: string, member: unknown): member is Validator {
  return /^valid[A-Z]/.test(name) && typeof member === 'function';
}

function safe(validator: Validator): Validator {
  return (...values) => {
    try {
      const verdict = validator(...values);
      return typeof verdict === 'string' ? inert(verdict) : verdict;
    } catch {
      // Node-RED would show the error's own words, which may quote what is saved.
      return false;
    }
  };
}

/**
 * Node-RED's sidebar of configuration nodes shows what a validator says as HTML, also of a flow that was imported and
 * is not deployed: there a saved value would run with the user's access token.
 * @returns the same members; those that are validators (`valid…`) say nothing that is markup, whatever they quote
 */
export function withInertValidators<Members extends object>(members: Members): Members {
  const entries = Object.entries(members) as [string, unknown][];
  return Object.fromEntries(
    entries.map(([name, member]) => [name, isValidator(name, member) ? safe(member) : member]),
  ) as Members;
}
