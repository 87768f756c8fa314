import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Receiver, type ReceiverOptions } from '../../../src/lib/webhook/receiver';
import { type ReceiverSlot, handleDelivery } from '../../../src/lib/webhook/http-handler';
import { strict } from '../../support/receiver-server';
import { type Answer, order, post, raw, secret, signed } from '../../support/webhook';

/** What a deploy, or a secret that is still being looked up, does to the deliveries that come meanwhile. */
describe('a delivery to a door', () => {
  let server: Server;
  let behind: Receiver | undefined;
  let readBefore: Buffer | undefined;
  let waiting: (() => void)[];
  let happened: () => void;
  let log: string[];
  const door: ReceiverSlot = {
    get receiver() {
      return behind;
    },
    limits: { maxBodySize: 1000, bodyTimeout: 60_000 },
    onAvailable: (done) => {
      waiting.push(done);
      happened();
      return () => void (waiting = waiting.filter((other) => other !== done));
    },
  };

  beforeEach(async () => {
    behind = undefined;
    readBefore = undefined;
    waiting = [];
    happened = () => undefined;
    log = [];
    server = createServer((request, response) => {
      handleDelivery(request, response, 'order.created', door, readBefore);
      happened();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const port = (): number => (server.address() as AddressInfo).port;
  const send = (signature?: string): Promise<Answer> =>
    post(`http://127.0.0.1:${port()}`, order, signature === undefined ? {} : { signature });
  const receiver = (name: string, options: Partial<ReceiverOptions> = {}): Receiver =>
    new Receiver({
      ...strict,
      bodyTimeout: 60_000,
      responseTimeout: 60_000,
      onEvent: ({ verified }) => log.push(`${name}: ${verified ? 'signed' : 'unsigned'}`),
      onDuplicate: () => undefined,
      onRejected: ({ reason }) => log.push(`${name}: ${reason}`),
      onPreviousSecret: () => undefined,
      onLate: () => undefined,
      ...options,
    });
  const ready = (name: string): Receiver => {
    const made = receiver(name);
    made.setSecrets({ current: secret });
    return made;
  };
  const open = (): void => waiting.splice(0).forEach((done) => done());
  const next = (): Promise<void> => new Promise((resolve) => (happened = resolve));
  const asksToComeAgain = ({ status, headers }: Answer): void =>
    assert.deepEqual([status, headers['retry-after']], [503, '5']);

  it('is asked to come again where nobody is behind it', async () => {
    asksToComeAgain(await send());
  });

  for (const [how, body] of [
    ['is read here', undefined],
    ['was read by others', Buffer.from(order)],
  ] as const) {
    describe(`that ${how}`, () => {
      beforeEach(() => (readBefore = body));
      const waits = async (answer: Promise<Answer>): Promise<void> => {
        while (waiting.length === 0) {
          const status = await Promise.race([next(), answer.then((early) => early.status)]);
          assert.equal(status, undefined, 'answered instead');
        }
        assert.deepEqual(log, []);
      };

      it('waits for the secret, and is not judged without it', async () => {
        behind = receiver('node');
        const answer = send();
        await waits(answer);
        behind.setSecrets({ current: secret });
        open();
        assert.equal((await answer).status, 200);
        assert.deepEqual(log, ['node: signed']);
      });

      it('never passes for unsigned because the secret is not known yet', async () => {
        behind = receiver('node', { acceptUnsigned: true });
        const answer = send(signed(order, 'another'));
        await waits(answer);
        behind.setSecrets({ current: secret });
        open();
        assert.equal((await answer).status, 401);
        assert.deepEqual(log, ['node: wrong_signature']);
      });

      it('is asked to come again where the node goes for good meanwhile', async () => {
        behind = receiver('node');
        const answer = send();
        await waits(answer);
        behind = undefined;
        open();
        asksToComeAgain(await answer);
      });
    });
  }

  describe('whose node is deployed while it is read', () => {
    const head = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Onegevity-Signature: ${signed(order)}\r\n`;
    const during = async (deploy: () => void, later = () => undefined as void): Promise<string> => {
      behind = ready('old');
      const { text } = await raw(port(), async (write) => {
        const begun = next();
        write(`${head}Content-Length: ${order.length}\r\n\r\n${order.slice(0, 9)}`);
        await begun;
        deploy();
        write(order.slice(9));
        if (!behind) {
          while (waiting.length === 0) await next();
          later();
          open();
        }
      });
      return text;
    };

    it('goes to the new node', async () => {
      assert.match(await during(() => (behind = ready('new'))), /^HTTP\/1.1 200 /);
      assert.deepEqual(log, ['new: signed']);
    });

    it('waits for the new node', async () => {
      const text = await during(
        () => (behind = undefined),
        () => void (behind = ready('new')),
      );
      assert.match(text, /^HTTP\/1.1 200 /);
      assert.deepEqual(log, ['new: signed']);
    });

    it('is asked to come again where no new one comes', async () => {
      const text = await during(() => (behind = undefined));
      assert.match(text, /^HTTP\/1.1 503 /);
      assert.match(text, /\r\nretry-after: 5\r\n/);
      assert.deepEqual(log, []);
    });
  });
});
