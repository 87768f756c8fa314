import type { Node, NodeAPI } from 'node-red';
import { OnegevityError } from '../../lib/errors';
import { dedupKey } from '../../lib/webhook/dedup';
import type { WebhookEvent } from '../../lib/webhook/event';
import { hasLeftovers, removeDiskInbox } from '../../lib/inbox';
import type {
  DeadLetterMessage,
  InboxMessage,
  Inbox,
  InboxConsumer,
  InboxStats,
  DurabilityWarning,
  Damage,
} from '../../lib/inbox/contract';
import { handleOf, registerInbox } from '../../lib/inbox/registry';
import { RateLimit } from '../../lib/webhook/rate-limit';
import type { Stored } from '../../lib/webhook/receiver';
import { serializeEvent, deserializeEvent } from '../../lib/webhook/stored-event';
import { type ConfigNode, shared, translated } from '../shared/config-node';
import { whenFlowsRun } from '../shared/flow-state';
import { CountedLog } from './counted-log';
import { createInbox, inboxFolder, isUnencrypted } from './create-inbox';
import type { WebhookOptions } from './options';
import type { WebhookStatus } from './status';

/** What the inbox needs of its webhook node. */
export interface InboxOwner {
  options: WebhookOptions;
  config: ConfigNode | undefined;
  status: WebhookStatus;
  /** Whether a wire leads from where the event leaves. */
  isWired(event: WebhookEvent): boolean;
  emit(event: WebhookEvent): void;
  emitDuplicate(event: WebhookEvent): void;
  emitDead(event: WebhookEvent): void;
}

/** Seconds after which a sender may try again. */
const retryAfter = { full: 60, misconfigured: 300, unavailable: 15 };

/** Milliseconds without another unreadable record, before those so far are reported. */
const quiet = 1000;

/** The durable inbox of a webhook node, from the node's start to its close. */
export class WebhookInbox implements InboxConsumer {
  #inbox: Inbox | undefined;
  #forget: (() => void) | undefined;
  #problem: OnegevityError | undefined;
  #closed = false;
  /** An inbox may be full and not full many times a second. */
  readonly #problemLogs = new Map<string, RateLimit>();
  /** Records that were set aside: where the key is wrong, that is every one. */
  readonly #unread = new CountedLog<'damaged' | 'unknown_key'>((counts) => {
    for (const [cause, count] of counts)
      this.node.error(this.owner.status.text(`errors.set_aside_${cause}`, { count }));
  }, quiet);
  readonly #warned = new Set<DurabilityWarning>();
  /** Resolves when the inbox is open, or it is known why it cannot be. */
  readonly #ready: Promise<void>;
  #endWaiting: () => void = () => undefined;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly owner: InboxOwner,
  ) {
    // Messages sent before all nodes of the flow exist would be lost.
    const { started, cancel } = whenFlowsRun(RED);
    this.#endWaiting = cancel;
    this.#ready = started
      .then(() => (this.#closed ? undefined : this.#open()))
      .catch((error: unknown) => this.#misconfigured(error));
  }

  /** Keeps an event until the flow has ended its delivery. */
  readonly store = async (event: WebhookEvent): Promise<Stored> => {
    await this.#ready;
    const { owner } = this;
    if (!this.#inbox) return { stored: false, retryAfter: retryAfter.misconfigured };
    // Nobody would ever end it.
    if (!owner.isWired(event)) return { stored: true, afterResponse: () => owner.emit(event) };
    try {
      const result = await this.#put(this.#inbox, event);
      if (isFull(this.#problem?.code)) this.onAvailability(undefined);
      if (result === 'stored') return { stored: true, afterResponse: () => undefined };
      return { stored: true, afterResponse: () => owner.emitDuplicate({ ...event, duplicate: true }) };
    } catch (error) {
      const { code } = translated(this.RED, error);
      if (!isFull(code)) return { stored: false, retryAfter: retryAfter.unavailable };
      this.onAvailability(new OnegevityError(code));
      return { stored: false, retryAfter: retryAfter.full };
    }
  };

  deliver(delivery: InboxMessage): void {
    const { id, attempt } = delivery;
    try {
      const event = deserializeEvent(delivery, handleOf(this.node.id, id));
      this.owner.emit(event);
      if (this.owner.isWired(event)) return;
    } catch {
      // A record of another version: it stays, as a dead letter.
      this.#inbox?.deadLetter(id, attempt, 'internal').catch(() => undefined);
      return;
    }
    this.#inbox?.done(id, attempt).catch(() => undefined);
  }

  deadLetter(letter: DeadLetterMessage): void {
    const { status } = this.owner;
    status.trouble(status.text('status.dead'));
    status.warn(status.text(`errors.dead_${letter.cause}`));
    try {
      const event = deserializeEvent(letter, handleOf(this.node.id, letter.id));
      const { cause, reason } = letter;
      Object.assign(event.delivery, { cause, ...(reason ? { reason } : {}) });
      this.owner.emitDead(event);
    } catch {
      // It stays in the inbox, where the dialog shows it.
    }
  }

  quarantine(count: number, cause: 'damaged' | 'unknown_key'): void {
    const { status } = this.owner;
    status.trouble(status.text(`status.${cause}`));
    this.#unread.add(cause, count);
  }

  lost(damage: Damage): void {
    const { status } = this.owner;
    status.trouble(status.text('status.lost'));
    this.node.error(damageText(status, damage));
  }

  onAvailability(problem: OnegevityError | undefined): void {
    if (problem?.code === this.#problem?.code) return;
    this.#problem = problem;
    const { status } = this.owner;
    if (!problem) return status.setStorage();
    const { code, message } = translated(this.RED, problem);
    status.setStorage(code, shared(this.RED, `status.${code}`));
    let log = this.#problemLogs.get(code);
    if (!log) this.#problemLogs.set(code, (log = new RateLimit(2, 1 / 30)));
    if (log.tryAcquire() !== undefined) this.node.error(message);
  }

  onDurabilityWarning(risk: DurabilityWarning): void {
    if (this.#warned.has(risk)) return;
    this.#warned.add(risk);
    const { status } = this.owner;
    this.node.warn(status.text(`errors.${risk}`));
    // Whether the one is a risk at all is not known, and the other is over.
    if (risk === 'redis_unchecked' || risk === 'clock_set_back') return;
    status.risk(status.text(`status.${risk}`));
  }

  /** @param removed whether the node was deleted: then what waits cannot be emitted any more */
  async close(removed: boolean): Promise<void> {
    this.#closed = true;
    this.#endWaiting();
    await this.#ready;
    this.#forget?.();
    const inbox = this.#inbox;
    if (!inbox) return;
    this.#inbox = undefined;
    this.#unread.close();
    const stats = removed ? await inbox.stats().catch(() => undefined) : undefined;
    await inbox.close();
    if (stats) await this.#cleanUp(stats);
  }

  async #open(): Promise<void> {
    const { options, config, status } = this.owner;
    if (options.respond === 'flow') {
      status.setStorage('inbox_with_flow', status.text('status.inbox_with_flow'));
      this.node.error(status.text('errors.inbox_with_flow'));
      return;
    }
    // The secrets' absence has said so, unless they are not needed.
    if (!config && !options.acceptUnsigned) return;
    if (!config) throw new OnegevityError('no_config');
    const inbox = await createInbox(this.RED, this.node.id, options, config);
    this.#inbox = inbox;
    this.#forget = registerInbox(this.node.id, inbox);
    if (options.inbox === 'redis' && isUnencrypted(config.redis()))
      this.onDurabilityWarning('redis_unencrypted');
    await inbox.open(this);
  }

  #misconfigured(error: unknown): void {
    this.#inbox = undefined;
    this.#forget?.();
    this.onAvailability(translated(this.RED, error));
  }

  async #put(inbox: Inbox, event: WebhookEvent): Promise<'stored' | 'duplicate'> {
    const window = this.owner.options.duplicateWindow;
    if (window === 0) return inbox.put(serializeEvent(event));
    const { key, certain } = dedupKey(event);
    const result = await inbox.put(serializeEvent(event), { key, window });
    if (result === 'stored' || certain) return result;
    return inbox.put(serializeEvent({ ...event, duplicate: true }));
  }

  async #cleanUp({ waiting, inFlight, dead, unreadable }: InboxStats): Promise<void> {
    const left = waiting + inFlight + dead + unreadable;
    const { status, options } = this.owner;
    if (left > 0) this.node.warn(status.text('errors.inbox_kept', { count: left, id: this.node.id }));
    else if (options.inbox === 'disk') await removeDiskInbox(inboxFolder(this.RED, this.node.id));
  }
}

function damageText(status: WebhookStatus, { readable, kept }: Damage): string {
  const key = kept === undefined ? 'errors.storage_gone' : 'errors.storage_damaged';
  return status.text(key, { count: readable, folder: kept ?? '' });
}

function isFull(code: string | undefined): boolean {
  return code === 'inbox_full' || code === 'redis_full';
}

/** Warns where a node without an inbox on the disk had one, and events still wait in it. */
export async function warnOfLeftovers(RED: NodeAPI, node: Node, status: WebhookStatus): Promise<void> {
  const lost = (damage: Damage) => node.error(damageText(status, damage));
  const left = await hasLeftovers(inboxFolder(RED, node.id), lost).catch(() => false);
  if (left) node.warn(status.text('errors.inbox_left'));
}
