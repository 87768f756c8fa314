import { createApi, scopes, type Api } from '../../src/sandbox/api/routes';
import { Auth } from '../../src/sandbox/http/auth';
import { ApiError } from '../../src/sandbox/http/errors';
import type { SandboxEvent } from '../../src/sandbox/webhooks/events';
import type { Services } from '../../src/sandbox/api/call';
import { Lifecycle } from '../../src/sandbox/domain/lifecycle';
import { random } from '../../src/sandbox/data/random';
import { Store } from '../../src/sandbox/domain/store';

export interface InProcessAnswer {
  operation: string | undefined;
  status: number;
  // Tests look into answers of any shape.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

/** The sandbox's rules without a server, for tests of thousands of calls. Orders move by hand only. */
export class SandboxInProcess {
  events: SandboxEvent[] = [];

  private constructor(
    readonly services: Services,
    private readonly api: Api,
    private readonly token: string,
  ) {}

  static async create({ seed = 1, patients = 25 } = {}): Promise<SandboxInProcess> {
    const store = new Store(seed, patients);
    const client = { clientId: 'a', clientSecret: 'b' };
    const auth = new Auth({ ...client, tokenLifetime: 3600, scopes });
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client.clientId,
      client_secret: client.clientSecret,
    });
    const { access_token: token } = auth.token(undefined, form);
    const events: SandboxEvent[] = [];
    const around = { now: () => new Date(), id: () => store.id(), random: random(seed, -1) };
    const lifecycle = new Lifecycle({
      pace: 0,
      unref: true,
      around,
      emit: (more) => events.push(...more),
      moved: (patient) => store.touch(patient),
    });
    const services = { store, lifecycle, context: around, root: 'http://127.0.0.1' };
    const made = new SandboxInProcess(services, await createApi(services, auth), String(token));
    made.events = events;
    return made;
  }

  /** @param path after /api/v1 */
  async call(method: string, path: string, body?: unknown): Promise<InProcessAnswer> {
    const url = `/api/v1${path}`;
    const operation = this.api.operationOf(method, url);
    const headers = { authorization: `Bearer ${this.token}` };
    try {
      const { events, ...reply } = await this.api.call({ method, url, headers, body });
      this.events.push(...events);
      // As it would arrive: a member that is undefined is none.
      return { operation, status: reply.status, body: JSON.parse(JSON.stringify(reply.body)) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return { operation, status: error.status, body: error.body };
    }
  }

  reset(): void {
    this.services.store.reset();
    this.events.length = 0;
  }
}
