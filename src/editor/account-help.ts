import type { Completion } from './red';

/** What the connected account knows, by the parameter or member it helps to fill. */
const kinds: Readonly<Record<string, string>> = {
  packageIdentifier: 'packages',
  key: 'surveys',
  packageElementIdentifier: 'kit-elements',
};

/**
 * @returns a search over what the account has, for the fields that have one
 * @param configId the config node chosen in the dialog at the time of asking
 */
export function completerOf(
  name: string,
  configId: () => string,
): ((typed: string) => Promise<Completion[]>) | undefined {
  const kind = kinds[name];
  if (!kind) return undefined;
  return async (typed) => {
    const found = await suggestions(kind, configId());
    const wanted = typed.toLowerCase();
    return found.filter(({ label }) => label.toLowerCase().includes(wanted));
  };
}

function suggestions(_kind: string, _configId: string): Promise<Completion[]> {
  return Promise.resolve([]);
}
