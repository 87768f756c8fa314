import type { Node, NodeAPI } from 'node-red';
import type { OnegevityError } from '../../lib/api/errors';
import { type ConfigNode, shared } from './config-node';

/**
 * The status of a node that calls the API: blue while calls are in flight (counted, so that parallel messages do
 * not clear each other's), red after a failure, else the idle status.
 */
export class CallStatus {
  #inFlight = 0;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly config: ConfigNode | undefined,
  ) {}

  /** Shows what is wrong before any message came, or that the sandbox's data are made up. */
  idle(): void {
    const problem = this.config ? this.config.problem()?.code : 'no_config';
    if (problem) this.#show('red', 'ring', problem);
    else if (this.config?.environment === 'sandbox') this.#show('yellow', 'ring', 'sandbox');
    else this.node.status({});
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
    if (this.#inFlight === 0) this.idle();
  }

  failed(error: OnegevityError): void {
    this.#inFlight--;
    this.#show('red', 'ring', error.code);
  }

  #show(fill: 'red' | 'yellow' | 'blue', shape: 'ring' | 'dot', key: string): void {
    this.node.status({ fill, shape, text: shared(this.RED, `status.${key}`) });
  }
}
