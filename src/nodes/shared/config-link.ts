import type { Node, NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { type ConfigNode, translated } from './config-node';
import { onFlowsStarted } from './flow-state';
import { instancesOf } from './instances';

/** Milliseconds that a message waits for a configuration that a deploy is replacing. */
const patience = 10_000;

/** What Node-RED has under one id: a deploy can replace the node while those that use it go on. */
interface Slot {
  node: ConfigNode | undefined;
  /** Closed, and to come back in the deploy that is under way. */
  replaced: boolean;
  readonly links: Set<ConfigLink>;
}

const slots = new Map<string, Slot>();

function slotOf(id: string): Slot {
  const slot = slots.get(id) ?? { node: undefined, replaced: false, links: new Set<ConfigLink>() };
  slots.set(id, slot);
  return slot;
}

/** To be called when a configuration node is complete: those that name it use it from now on. */
export function enterConfig(RED: NodeAPI, node: ConfigNode): void {
  const slot = slotOf(node.id);
  slot.node = node;
  slot.replaced = false;
  for (const link of slot.links) link.turnTo(node);
  node.on('close', (removed: boolean, done: () => void) => {
    leaveConfig(RED, slot, node, removed).then(done, done);
  });
}

/**
 * Resolves when nothing that was built on a configuration is left. Node-RED starts the next one after that.
 */
async function leaveConfig(RED: NodeAPI, slot: Slot, node: ConfigNode, removed: boolean): Promise<void> {
  if (slot.node !== node) return;
  slot.node = undefined;
  slot.replaced = !removed;
  const links = [...slot.links];
  for (const link of links) link.turnTo(removed ? undefined : 'nothing');
  if (!removed && slot.links.size > 0) {
    const stop = onFlowsStarted(RED, () => {
      stop();
      settle(slot);
    });
  }
  forget(node.id, slot);
  await Promise.all(links.map(({ turned }) => turned));
}

/** To be called when what a configuration is made of was replaced: what was built on it is built anew. */
export function renewConfig({ id }: ConfigNode): void {
  const slot = slots.get(id);
  for (const link of slot?.links ?? []) {
    link.turnTo('nothing');
    link.turnTo(slot?.node);
  }
}

/** The deploy is over, and brought no node of this id. */
function settle(slot: Slot): void {
  if (slot.node || !slot.replaced) return;
  slot.replaced = false;
  for (const link of slot.links) link.turnTo(undefined);
}

function forget(id: string, slot: Slot): void {
  if (!slot.node && slot.links.size === 0 && slots.get(id) === slot) slots.delete(id);
}

const linkOf = new WeakMap<Node, ConfigLink>();

/**
 * The configuration that a dialog asks for, which knows ids of the editor only. In a subflow these stand for as many
 * nodes as it has instances: then it is the first one's.
 * @param config its id, or a variable
 * @param user the id of the node whose dialog it is
 */
export function configInEditor(config: string, user?: string): ConfigNode | undefined {
  const direct = slots.get(config)?.node;
  if (direct) return direct;
  const [own] = instancesOf(config);
  if (own) return slots.get(own.id)?.node;
  const used = user ? instancesOf(user).map((node) => linkOf.get(node)?.current) : [];
  return isVariable(config) ? used.find((node) => node !== undefined) : undefined;
}

function isVariable(text: string): boolean {
  return /^\$[{(]\S+[})]$/.test(text);
}

/** The scopes that the nodes need which name a configuration. */
export function neededOf(id: string): string[] {
  const links = [...(slots.get(id)?.links ?? [])];
  return [...new Set(links.flatMap(({ scopes }) => scopes))].sort();
}

/** What a node builds on a configuration, or on there being none. @returns what ends it */
export type Build = (
  config: ConfigNode | undefined,
) => ((removed: boolean) => Promise<void> | void) | undefined;

/**
 * A node's link to the configuration that it names. Node-RED restarts the nodes that name a changed configuration by
 * its id, but not those that name it by a variable (a subflow's or a tab's property): they would keep a node that is
 * closed. So no node keeps one: it asks the link when it needs it, and the link ends and builds anew what lasts.
 * It closes with its node.
 */
export class ConfigLink {
  readonly #id: string;
  readonly #slot: Slot;
  #build: Build | undefined;
  #wanted: ConfigNode | undefined | 'nothing' = 'nothing';
  #built: ConfigNode | undefined | 'nothing' = 'nothing';
  #end: ReturnType<Build>;
  #turning = false;
  #turned = Promise.resolve();
  readonly #waiting = new Set<() => void>();
  #removed = false;
  #closed = false;

  /**
   * @param id as Node-RED gives the property, with a variable's value in its place
   * @param scopes that the node needs, for the scope choice `minimal`
   */
  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    id: unknown,
    readonly scopes: readonly string[] = [],
  ) {
    this.#id = typeof id === 'string' ? id : '';
    this.#slot = slotOf(this.#id);
    this.#slot.links.add(this);
    linkOf.set(node, this);
    if (scopes.length > 0) this.current?.expectNodes();
    node.on('close', (removed: boolean, done: () => void) => {
      this.#close(removed).then(done, done);
    });
  }

  /** The node that runs now; undefined where none is chosen, it is disabled, or a deploy is replacing it. */
  get current(): ConfigNode | undefined {
    return this.#slot.node;
  }

  /** Closed, and to come back in the deploy that is under way. */
  get isReplaced(): boolean {
    return this.#slot.replaced;
  }

  /**
   * The node to use for one message, which waits while a deploy replaces it.
   * @throws OnegevityError `no_config`, `aborted`
   */
  async use(): Promise<ConfigNode> {
    if (this.isReplaced && !this.#closed) await this.#settled();
    await this.#turned;
    if (this.#closed || this.isReplaced) throw new OnegevityError('aborted');
    if (!this.current) throw new OnegevityError('no_config');
    return this.current;
  }

  /** @param build called at once, and each time after the configuration was replaced, removed or restored */
  onEach(build: Build): void {
    this.#build = build;
    this.turnTo(this.isReplaced ? 'nothing' : this.current);
  }

  /** For {@link enterConfig} and its like: ends what was built, then builds on what is given. */
  turnTo(config: ConfigNode | undefined | 'nothing'): void {
    this.#wanted = config;
    if (!this.#turning) {
      this.#turning = true;
      this.#turned = this.#turn();
    }
    if (config !== 'nothing') this.#release();
  }

  /** Resolves when nothing is left of what was built before. */
  get turned(): Promise<void> {
    return this.#turned;
  }

  async #turn(): Promise<void> {
    while (this.#built !== this.#wanted) {
      const end = this.#end;
      this.#end = undefined;
      try {
        if (end) await end(this.#removed);
      } catch (error) {
        this.#report(error);
      }
      // What is wanted may have changed meanwhile.
      this.#built = this.#wanted;
      try {
        if (this.#built !== 'nothing') this.#end = this.#build?.(this.#built);
      } catch (error) {
        this.#report(error);
      }
    }
    this.#turning = false;
  }

  #report(error: unknown): void {
    this.node.error(translated(this.RED, error).message);
  }

  async #close(removed: boolean): Promise<void> {
    this.#closed = true;
    this.#removed = removed;
    this.#slot.links.delete(this);
    this.#release();
    forget(this.#id, this.#slot);
    this.turnTo('nothing');
    await this.#turned;
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, patience);
      this.#waiting.add(end);
    });
  }

  #release(): void {
    for (const proceed of [...this.#waiting]) proceed();
  }
}
