/** A webhook receiver behind a server of its own, without Node-RED, and what comes of deliveries to it. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TopicName } from '../../src/generated/topics';
import type { Rejection, WebhookEvent } from '../../src/lib/webhook/event';
import { Receiver, type ReceiverOptions } from '../../src/lib/webhook/receiver';
import { handleDelivery } from '../../src/lib/webhook/http-handler';
import { secret } from './webhook';

export interface ServerOptions extends Partial<ReceiverOptions> {
  /** The topic in the URL. */
  topic?: TopicName | undefined;
  /** Whether the secret is known from the start. */
  ready?: boolean;
  /** What a flow does that answers by itself. */
  flow?: (event: WebhookEvent, response: ServerResponse) => void;
  /** Called before anything is done with a request. @returns its body, where it was read already */
  onRequest?: (request: IncomingMessage) => Buffer | undefined;
}

/** A receiver of signed deliveries of one topic, which has little patience. */
export const strict = {
  maxBodySize: 1000,
  bodyTimeout: 100,
  responseTimeout: 100,
  acceptUnsigned: false,
  selected: ['order.created'],
  declared: false,
  topicHeader: '',
  answeredByFlow: () => false,
} satisfies Partial<ReceiverOptions>;

export class ReceiverServer {
  /** What happened, in order: `event <topic>`, `refused <reason>`, `answered <status>` and others. */
  readonly log: string[] = [];
  readonly requests: IncomingMessage[] = [];
  readonly events: WebhookEvent[] = [];
  readonly duplicates: WebhookEvent[] = [];
  readonly refusals: Rejection[] = [];
  readonly receiver: Receiver;
  readonly #server = createServer((request, response) => this.#serve(request, response));

  private constructor(private readonly options: ServerOptions) {
    this.receiver = new Receiver({
      ...strict,
      onEvent: (event, exchange) => {
        this.log.push(`event ${event.topic}`);
        this.events.push(event);
        if (exchange) options.flow?.(event, exchange.guarded());
      },
      onDuplicate: (event) => {
        this.log.push('duplicate');
        this.duplicates.push(event);
      },
      onRejected: (refusal) => {
        this.log.push(`refused ${refusal.reason}`);
        this.refusals.push(refusal);
      },
      onLate: () => this.log.push('late'),
      onPreviousSecret: () => this.log.push('previous'),
      ...options,
    });
    if (options.ready !== false) this.receiver.setSecrets({ current: secret });
  }

  static async start(options: ServerOptions = {}): Promise<ReceiverServer> {
    const started = new ReceiverServer(options);
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve));
    return started;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { receiver, log, requests, options } = this;
    requests.push(request);
    const body = options.onRequest?.(request);
    response.on('finish', () => log.push(`answered ${response.statusCode}`));
    const topic = 'topic' in options ? options.topic : 'order.created';
    // Like an endpoint, it calls back what waits when it opens, and nothing that comes later.
    const whenOpen = (done: () => void) => {
      if (!receiver.isReady) receiver.whenReady(done);
      return () => undefined;
    };
    handleDelivery(
      request,
      response,
      topic,
      { receiver, limits: receiver.options, onAvailable: whenOpen },
      body,
    );
  }
}
