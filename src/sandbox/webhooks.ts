import { createHmac, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { SandboxEvent } from './events';

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** Absent: every topic. */
  readonly topics?: readonly string[];
}

/** One event on its way to one endpoint, with what was really sent. */
export interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly url: string;
  readonly topic: string;
  /** The exact text that was signed and sent. */
  readonly body: string;
  readonly signature: string;
  readonly createdTimestamp: string;
  state: 'waiting' | 'delivered' | 'failed';
  readonly attempts: { timestamp: string; status?: number; error?: string }[];
}

export interface WebhookOptions {
  secret: string;
  /** Seconds to wait before the second, third… attempt. The vendor documents no retries: this is the sandbox's. */
  retryDelays: readonly number[];
  /** Milliseconds an endpoint may take to answer. */
  timeout: number;
  /** Let the process end although deliveries are waiting. */
  unref: boolean;
}

/** Bound of the log and of each endpoint's queue, so that a dead endpoint cannot fill the memory. */
const KEPT = 1000;

interface Lane {
  endpoint: WebhookEndpoint;
  queue: Delivery[];
  busy: boolean;
  timer?: NodeJS.Timeout;
  abort: AbortController;
}

/** Signs and delivers events: to each endpoint in order, the next one only after the one before is settled. */
export class Webhooks {
  private readonly lanes = new Map<string, Lane>();
  private readonly log: Delivery[] = [];

  constructor(private readonly options: WebhookOptions) {}

  add(url: string, topics?: readonly string[]): WebhookEndpoint {
    const endpoint: WebhookEndpoint = { id: randomUUID(), url, ...(topics && { topics: [...topics] }) };
    this.lanes.set(endpoint.id, { endpoint, queue: [], busy: false, abort: new AbortController() });
    return endpoint;
  }

  remove(id: string): boolean {
    const lane = this.lanes.get(id);
    if (!lane) return false;
    this.lanes.delete(id);
    lane.queue.length = 0;
    clearTimeout(lane.timer);
    lane.abort.abort();
    return true;
  }

  list(): WebhookEndpoint[] {
    return [...this.lanes.values()].map((lane) => lane.endpoint);
  }

  /** Oldest first. */
  deliveries(): readonly Delivery[] {
    return this.log;
  }

  emit(events: readonly SandboxEvent[]): void {
    for (const event of events) {
      for (const lane of this.lanes.values()) {
        if (lane.endpoint.topics && !lane.endpoint.topics.includes(event.topic)) continue;
        this.enqueue(lane, event);
      }
    }
  }

  /** Forgets what is waiting and the log; endpoints stay. */
  clear(): void {
    const endpoints = this.list();
    this.close();
    this.log.length = 0;
    for (const endpoint of endpoints) {
      this.lanes.set(endpoint.id, { endpoint, queue: [], busy: false, abort: new AbortController() });
    }
  }

  close(): void {
    for (const id of [...this.lanes.keys()]) this.remove(id);
  }

  private enqueue(lane: Lane, event: SandboxEvent): void {
    const bytes = Buffer.from(JSON.stringify(event.body, undefined, 4));
    const delivery: Delivery = {
      id: randomUUID(),
      endpointId: lane.endpoint.id,
      url: lane.endpoint.url,
      topic: event.topic,
      body: bytes.toString(),
      signature: sign(bytes, this.options.secret),
      createdTimestamp: new Date().toISOString(),
      state: 'waiting',
      attempts: [],
    };
    this.log.push(delivery);
    if (this.log.length > KEPT) this.log.shift();
    if (lane.queue.length >= KEPT) {
      const dropped = lane.queue.splice(1, 1)[0];
      if (dropped) dropped.state = 'failed';
    }
    lane.queue.push(delivery);
    if (!lane.busy) this.next(lane);
  }

  private next(lane: Lane): void {
    const delivery = lane.queue[0];
    lane.busy = delivery !== undefined;
    if (!delivery) return;
    post(delivery, this.options, lane.abort.signal).then(
      (status) => this.settle(lane, delivery, { status }),
      (error: unknown) =>
        this.settle(lane, delivery, { error: error instanceof Error ? error.message : 'failed' }),
    );
  }

  private settle(lane: Lane, delivery: Delivery, outcome: { status?: number; error?: string }): void {
    delivery.attempts.push({ timestamp: new Date().toISOString(), ...outcome });
    const delivered = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
    const delay = this.options.retryDelays[delivery.attempts.length - 1];
    if (!delivered && delay !== undefined && !lane.abort.signal.aborted) {
      lane.timer = setTimeout(() => this.next(lane), delay * 1000);
      if (this.options.unref) lane.timer.unref();
      return;
    }
    delivery.state = delivered ? 'delivered' : 'failed';
    lane.queue.shift();
    this.next(lane);
  }
}

/** Base64 of the HMAC-SHA256 over the bytes, as the vendor's integration page says. */
function sign(body: Buffer, secret: string): string {
  return createHmac('sha256', secret).update(body).digest('base64');
}

/** @returns The status of the answer; its body is read and forgotten. */
function post(delivery: Delivery, options: WebhookOptions, signal: AbortSignal): Promise<number> {
  const bytes = Buffer.from(delivery.body);
  const request = delivery.url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const req = request(delivery.url, {
      method: 'POST',
      agent: false,
      signal,
      timeout: options.timeout,
      headers: {
        'content-type': 'application/json',
        'content-length': bytes.length,
        'x-onegevity-signature': delivery.signature,
      },
    });
    if (options.unref) req.on('socket', (socket) => socket.unref());
    req.on('timeout', () => req.destroy(new Error('no answer in time')));
    req.on('error', reject);
    req.on('response', (response) => {
      response.on('error', reject).on('close', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    req.end(bytes);
  });
}
