import type { Node, NodeAPI } from 'node-red';
import type { ErrorCode, OnegevityError } from '../../lib/errors';
import type { ConfigLink } from './config-link';
import { shared } from './config-node';

/** Milliseconds without a call after which a node is idle: in a stream of messages its status does not flicker. */
const settleTime = 100;

/**
 * The status of a node that calls the API: blue while calls are in flight (counted, so that parallel messages do
 * not clear each other's), red after a failure, else the idle status.
 */
export class CallStatus {
  #inFlight = 0;
  #settling: NodeJS.Timeout | undefined;
  #shown: string | undefined;
  #closed = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly link: ConfigLink,
    /** What else is wrong and lasts. */
    private readonly problem: () => ErrorCode | undefined = () => undefined,
  ) {}

  /** Shows what is wrong before any message came, or that the sandbox's data are made up. */
  idle(): void {
    const { current, isReplaced } = this.link;
    // It is about to come back: see ConfigLink.
    if (isReplaced) return;
    const problem = current ? (this.problem() ?? current.problem()?.code) : 'no_config';
    if (problem) this.#show('red', 'ring', problem);
    else if (current?.environment === 'sandbox') this.#show('yellow', 'ring', 'sandbox');
    else this.#clear();
  }

  started(): void {
    this.#inFlight++;
    this.#show('blue', 'dot', 'requesting');
  }

  retrying(): void {
    this.#show('yellow', 'ring', 'retrying');
  }

  succeeded(): void {
    this.#inFlight--;
    if (this.#inFlight > 0 || this.#closed) return;
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      if (this.#inFlight === 0) this.idle();
    }, settleTime).unref();
  }

  failed(error: OnegevityError): void {
    this.#inFlight--;
    this.#stopSettling();
    this.#show('red', 'ring', error.code);
  }

  /** Clears the status for good: what ends later belongs to no node any more. */
  close(): void {
    this.#stopSettling();
    this.#clear();
    this.#closed = true;
  }

  #stopSettling(): void {
    clearTimeout(this.#settling);
    this.#settling = undefined;
  }

  #clear(): void {
    if (this.#closed || this.#shown === '') return;
    this.#shown = '';
    this.node.status({});
  }

  /** Every editor that is open is told of each status, so an unchanged one is not sent again. */
  #show(fill: 'red' | 'yellow' | 'blue', shape: 'ring' | 'dot', key: string): void {
    if (this.#closed || this.#shown === key) return;
    this.#shown = key;
    this.node.status({ fill, shape, text: shared(this.RED, `status.${key}`) });
  }
}
