import { randomBytes, randomUUID } from 'node:crypto';
import { post, sign } from './deliver';
import type { Delivery, ResendMode, WebhookEndpoint } from './delivery';
import type { SandboxEvent } from './events';
import type { InjectedFaults } from '../faults/faults';
import type { FaultName } from '../faults/kinds';

export interface WebhookOptions {
  secret: string;
  /** Seconds to wait before the second, third… attempt. The vendor documents no retries: this is the sandbox's. */
  retryDelays: readonly number[];
  /** Milliseconds an endpoint may take to answer. */
  timeout: number;
  /** Let the process end although deliveries are waiting. */
  unref: boolean;
  /** What is to go wrong with the delivery of a topic. */
  trouble(topic: string): InjectedFaults;
  /** Called after every change of the log or the endpoints. */
  changed(): void;
}

/** Bound of the log and of each endpoint's queue, so that a dead endpoint cannot fill the memory. */
const MAX_LOGGED = 1000;

interface Job {
  delivery: Delivery;
  /** How its attempts are spoiled, by fault. */
  trouble: { fault?: FaultName; seconds?: number };
  retries: boolean;
}

interface EndpointQueue {
  endpoint: WebhookEndpoint;
  queue: Job[];
  busy: boolean;
  timer?: NodeJS.Timeout;
  abort: AbortController;
}

/** A delivery that is kept back until a later event, to whatever endpoint, has gone out before it. */
interface Deferred {
  lane: EndpointQueue;
  event: SandboxEvent;
  job: Job;
  /** Releases it although no other event has come. */
  timer: NodeJS.Timeout;
  /** The delivery that has to be answered first. */
  after?: Delivery;
}

/** Signs and delivers events: to each endpoint in order, the next one only after the one before is settled. */
export class Webhooks {
  private readonly lanes = new Map<string, EndpointQueue>();
  private readonly log: Delivery[] = [];
  private held: Deferred[] = [];

  constructor(private readonly options: WebhookOptions) {}

  add(url: string, topics?: readonly string[]): WebhookEndpoint {
    const endpoint: WebhookEndpoint = { id: randomUUID(), url, ...(topics && { topics: [...topics] }) };
    this.lanes.set(endpoint.id, newLane(endpoint));
    this.options.changed();
    return endpoint;
  }

  remove(id: string): boolean {
    const lane = this.lanes.get(id);
    if (!lane) return false;
    this.lanes.delete(id);
    clearTimeout(lane.timer);
    const held = this.held.filter((entry) => entry.lane === lane);
    for (const { timer } of held) clearTimeout(timer);
    this.held = this.held.filter((entry) => entry.lane !== lane);
    const jobs = [...lane.queue.splice(0), ...held.map(({ job }) => job)];
    for (const { delivery } of jobs) this.settle(delivery, 'dropped');
    lane.abort.abort();
    this.options.changed();
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
        this.schedule(lane, event);
      }
    }
  }

  /**
   * Sends a delivery of the log once more, to the endpoint that it was for.
   * @returns The new deliveries; undefined when the delivery or its endpoint is gone.
   */
  resend(id: string, how: ResendMode): Delivery[] | undefined {
    const former = this.log.find((delivery) => delivery.id === id);
    const lane = former && this.lanes.get(former.endpointId);
    if (!lane) return undefined;
    const copies = how === 'twice' ? 2 : 1;
    return Array.from({ length: copies }, () => {
      const body = spoiledBody(former.body, how);
      const delivery = this.note(lane, former.topic, body, spoiledSignature(former, how));
      delivery.repeats = id;
      const spoiled = how === 'wrong-signature' || how === 'changed-byte';
      if (spoiled) delivery.fault = `webhook-${how}`;
      this.enqueue(lane, { delivery, trouble: {}, retries: !spoiled });
      return delivery;
    });
  }

  /** Forgets what is waiting and the log; endpoints stay. */
  clear(): void {
    const endpoints = this.list();
    this.close();
    this.log.length = 0;
    for (const endpoint of endpoints) this.lanes.set(endpoint.id, newLane(endpoint));
  }

  close(): void {
    for (const id of [...this.lanes.keys()]) this.remove(id);
  }

  /** Brings an event into a lane, with what is to go wrong with it. */
  private schedule(lane: EndpointQueue, event: SandboxEvent): void {
    const text = JSON.stringify(event.body, undefined, 4);
    const { fault: set } = this.options.trouble(event.topic);
    const fault = set?.fault;
    const how = fault?.replace('webhook-', '') as ResendMode | undefined;
    const secret = this.options.secret;
    const delivery = this.note(lane, event.topic, spoiledBody(text, how), {
      signature: sign(text, how === 'wrong-signature' ? randomBytes(16).toString('hex') : secret),
    });
    if (fault) delivery.fault = fault;
    const trouble = { ...(fault && { fault }), ...(set?.seconds !== undefined && { seconds: set.seconds }) };
    const job: Job = { delivery, trouble, retries: true };
    if (fault === 'webhook-reorder') {
      this.hold(lane, event, job, set?.seconds ?? 0);
      return;
    }
    for (const held of this.held) if (held.event !== event) held.after ??= delivery;
    if (fault === 'webhook-drop') this.settle(delivery, 'dropped');
    else this.enqueue(lane, job);
    if (fault === 'webhook-duplicate') {
      const twin = this.note(lane, event.topic, delivery.body, delivery);
      this.enqueue(lane, { ...job, delivery: Object.assign(twin, { fault, repeats: delivery.id }) });
    }
  }

  private hold(lane: EndpointQueue, event: SandboxEvent, job: Job, seconds: number): void {
    const timer = setTimeout(() => this.release((entry) => entry.job === job), seconds * 1000);
    if (this.options.unref) timer.unref();
    this.held.push({ lane, event, job, timer });
  }

  private release(due: (held: Deferred) => boolean): void {
    const released = this.held.filter(due);
    this.held = this.held.filter((entry) => !released.includes(entry));
    for (const { lane, job, timer } of released) {
      clearTimeout(timer);
      this.enqueue(lane, job);
    }
  }

  /** Makes a delivery and keeps it in the log. */
  private note(
    lane: EndpointQueue,
    topic: string,
    body: string,
    { signature }: { signature: string },
  ): Delivery {
    const delivery: Delivery = {
      id: randomUUID(),
      endpointId: lane.endpoint.id,
      url: lane.endpoint.url,
      topic,
      body,
      signature,
      createdTimestamp: new Date().toISOString(),
      state: 'waiting',
      attempts: [],
    };
    this.log.push(delivery);
    if (this.log.length > MAX_LOGGED) this.log.shift();
    this.options.changed();
    return delivery;
  }

  private enqueue(lane: EndpointQueue, job: Job): void {
    if (lane.queue.length >= MAX_LOGGED) {
      const dropped = lane.queue.splice(1, 1)[0];
      if (dropped) this.settle(dropped.delivery, 'dropped');
    }
    lane.queue.push(job);
    if (!lane.busy) this.next(lane);
  }

  private next(lane: EndpointQueue): void {
    const job = lane.queue[0];
    lane.busy = job !== undefined;
    if (!job) return;
    const { url, body, signature } = job.delivery;
    const { fault, seconds = 0 } = job.trouble;
    post({
      url,
      body,
      signature,
      timeout: this.options.timeout,
      signal: lane.abort.signal,
      unref: this.options.unref,
      ...(fault === 'webhook-slow' && { slowSeconds: seconds }),
      ...(fault === 'webhook-timeout' && { hangUpAfter: seconds * 1000 }),
      ...(fault === 'webhook-abort' && { cutOff: true }),
    }).then(
      (status) => this.attempted(lane, job, { status }),
      (error: unknown) =>
        this.attempted(lane, job, { error: error instanceof Error ? error.message : 'failed' }),
    );
  }

  private attempted(lane: EndpointQueue, job: Job, outcome: { status?: number; error?: string }): void {
    const { delivery } = job;
    delivery.attempts.push({ timestamp: new Date().toISOString(), ...outcome });
    if (lane.abort.signal.aborted) return;
    // Only the first attempt finds the receiver too slow, or is cut off.
    if (job.trouble.fault === 'webhook-timeout' || job.trouble.fault === 'webhook-abort') job.trouble = {};
    const delivered = outcome.status !== undefined && outcome.status >= 200 && outcome.status < 300;
    const delay = job.retries ? this.options.retryDelays[delivery.attempts.length - 1] : undefined;
    if (!delivered && delay !== undefined) {
      lane.timer = setTimeout(() => this.next(lane), delay * 1000);
      if (this.options.unref) lane.timer.unref();
      this.options.changed();
      return;
    }
    lane.queue.shift();
    this.settle(delivery, delivered ? 'delivered' : 'failed');
    this.next(lane);
  }

  private settle(delivery: Delivery, state: Delivery['state']): void {
    delivery.state = state;
    this.release(({ after }) => after === delivery);
    this.options.changed();
  }
}

const newLane = (endpoint: WebhookEndpoint): EndpointQueue => ({
  endpoint,
  queue: [],
  busy: false,
  abort: new AbortController(),
});

/** One digit of the number becomes another: still good JSON, of the same length, and not what was signed. */
const spoiledBody = (body: string, how: string | undefined): string =>
  how === 'changed-byte' ? body.replace(/\d/, (digit) => (digit === '9' ? '1' : '9')) : body;

const spoiledSignature = ({ body, signature }: Delivery, how: ResendMode): { signature: string } => ({
  signature: how === 'wrong-signature' ? sign(body, randomBytes(16).toString('hex')) : signature,
});
