import { note } from '../lib/dom';
import type { Completion } from '../lib/red';
import { type Answer, ask, type Fault, faultText, when } from '../lib/runtime';
import { shared } from '../lib/text';

/** What the connected account knows, by the parameter or member it helps to fill. */
const kinds: Readonly<Record<string, string>> = {
  packageIdentifier: 'packages',
  key: 'surveys',
  packageElementIdentifier: 'kit-elements',
};

export interface Completer {
  find(typed: string): Promise<Completion[]>;
  /** Told, as a note to show, when nothing can be offered; with nothing, when that is over. */
  onFault: (fault: HTMLElement | undefined) => void;
}

type Items = Answer<{ items: Completion[] }>;

/** Asked once for each dialog: `forget` ends that. */
const known = new Map<string, Promise<Items>>();
let user = '';

/** @param nodeId of the node whose dialog opens: it may name its configuration by a variable */
export function forget(nodeId: string): void {
  known.clear();
  user = nodeId;
}

/**
 * @param configId the config node chosen in the dialog at the time of asking
 * @returns a search over what the account has, for the parameters and members that have one
 */
export function completerOf(name: string, configId: () => string): Completer | undefined {
  const kind = kinds[name];
  if (!kind) return undefined;
  const completer: Completer = {
    onFault: () => undefined,
    find: async (typed) => {
      const id = configId();
      if (!id) return [];
      const answer = await items(id, kind);
      completer.onFault(answer.ok ? undefined : faultNote(answer));
      if (!answer.ok) return [];
      const wanted = typed.trim().toLowerCase();
      return answer.items.filter(({ label }) => label.toLowerCase().includes(wanted));
    },
  };
  return completer;
}

function items(config: string, kind: string): Promise<Items> {
  const path = `account/${encodeURIComponent(config)}/${kind}?node=${encodeURIComponent(user)}`;
  const asked = known.get(path) ?? ask<{ items: Completion[] }>(path);
  known.set(path, asked);
  when(asked, ({ ok }) => {
    if (!ok) known.delete(path);
  });
  return asked;
}

function faultNote(fault: Fault): HTMLElement {
  // The runtime knows a config node only once it is deployed.
  const reason = fault.code === 'no_config' ? shared('editor.deployFirst') : faultText(fault);
  return note('warning', shared('editor.noHelp', { reason }));
}
