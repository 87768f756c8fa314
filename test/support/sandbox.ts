import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox';

/** A patient as the sandbox's tests register it; everything is made up. */
export const person = {
  firstName: 'Demo',
  lastName: 'Testington',
  gender: 'FEMALE' as const,
  dateOfBirth: '1980-02-29',
  email: 'demo@example.com',
  phoneNumber: '202-555-0100',
  address: {
    streetAddress1: '1 Example Street',
    city: 'Sampleton',
    region: 'NY',
    country: 'US',
    postalCode: '00000',
  },
};

export const shipping = {
  recipientFirstName: 'Demo',
  recipientLastName: 'Testington',
  recipientPhoneNumber: '202-555-0100',
  shippingMethod: 'GROUND' as const,
  shippingAddress: person.address,
};

export interface Answer {
  status: number;
  headers: Headers;
  // Tests look into answers of any shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** A started sandbox and the ways by which tests talk to it. */
export class SandboxUnderTest {
  private token: string | undefined;

  private constructor(readonly sandbox: Sandbox) {}

  static async start(options: SandboxOptions = {}): Promise<SandboxUnderTest> {
    return new SandboxUnderTest(await startSandbox({ pace: 0, ...options }));
  }

  get url(): string {
    return this.sandbox.url;
  }

  /** Sends a form to the token endpoint. */
  async askToken(form: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
    return answer(
      await fetch(`${this.url}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) }),
    );
  }

  async accessToken(scope?: string): Promise<string> {
    const { clientId, clientSecret } = this.sandbox;
    const { status, body } = await this.askToken({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
      ...(scope === undefined ? {} : { scope }),
    });
    assert.equal(status, 200, JSON.stringify(body));
    return String(body.access_token);
  }

  /** Calls the API; `path` begins after /api/v1. */
  async api(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
    const bearer = token ?? (this.token ??= await this.accessToken());
    return this.send(method, `/api/v1${path}`, body, { authorization: `Bearer ${bearer}` });
  }

  /** Calls a control route; `path` begins after /sandbox/. */
  control(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> {
    return this.send(method, `/sandbox/${path}`, body, headers);
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    return answer(await fetch(`${this.url}${path}`, { method, headers: { ...type, ...headers }, ...json }));
  }

  /** Orders a package for a patient, by default a new patient's shipped kit. */
  async order(
    orderIdentifier: string,
    { patientIdentifier = 'P-1', packageIdentifier = 'GUT-BALANCE', ship = true } = {},
  ): Promise<Answer> {
    return this.api('POST', `/patients/${patientIdentifier}/orders`, {
      orderIdentifier,
      packageIdentifier,
      patientInformation: person,
      ...(ship ? { fulfillmentInformation: shipping } : {}),
    });
  }

  close(): Promise<void> {
    return this.sandbox.close();
  }
}

async function answer(response: Response): Promise<Answer> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}

export interface ReceivedDelivery {
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A webhook receiver on a free port. It answers 200, or what `answers` says for the first deliveries. */
export class Receiver {
  readonly deliveries: ReceivedDelivery[] = [];
  readonly answers: number[] = [];
  private waiting: { count: number; resolve: () => void }[] = [];

  private constructor(readonly server: Server) {}

  static async start(): Promise<Receiver> {
    const server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        res.writeHead(receiver.answers.shift() ?? 200).end();
        receiver.deliveries.push({
          path: req.url ?? '',
          headers: req.headers,
          body: Buffer.concat(chunks),
        });
        for (const { count, resolve } of receiver.waiting) {
          if (receiver.deliveries.length >= count) resolve();
        }
      });
    });
    const receiver = new Receiver(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Resolves with everything received, once that is at least `count` deliveries. */
  async received(count: number, timeout = 5000): Promise<ReceivedDelivery[]> {
    if (this.deliveries.length < count) {
      await new Promise<void>((resolve, reject) => {
        const late = setTimeout(
          () => reject(new Error(`${this.deliveries.length} of ${count} deliveries came`)),
          timeout,
        );
        this.waiting.push({
          count,
          resolve: () => {
            clearTimeout(late);
            resolve();
          },
        });
      });
    }
    return this.deliveries;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
