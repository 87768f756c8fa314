import assert from 'node:assert/strict';
import { credentials, order, post, raw, signed, webhookFlow } from '../support/webhook';
import { type FlowNode, type NodeRed, startNodeRed } from '../support/node-red';

const httpIn = (id: string, url: string, more: Record<string, unknown> = {}): FlowNode[] => [
  { id, type: 'http in', z: 'tab', url, method: 'post', upload: false, ...more, wires: [[`${id}-probe`]] },
  { id: `${id}-probe`, type: 'test-probe', z: 'tab', label: id, wires: [[`${id}-out`]] },
  { id: `${id}-out`, type: 'http response', z: 'tab', statusCode: '201', headers: {}, wires: [] },
];

describe('the neighbours of the webhook node', () => {
  let nodeRed: NodeRed | undefined;
  const start = async (flows: FlowNode[], settings: Record<string, unknown> = {}): Promise<NodeRed> =>
    (nodeRed = await startNodeRed({ flows, credentials, settings }));
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });
  const isInUse = ({ text }: { text?: string }): boolean => text === 'path in use';

  it('leaves http in nodes with and without raw mode as they are', async () => {
    const others = [...httpIn('parsed', '/parsed'), ...httpIn('bytes', '/bytes', { skipBodyParsing: true })];
    const bodies: [string, string][] = [
      ['application/json', order],
      ['text/plain', 'hello'],
      ['application/x-www-form-urlencoded', 'a=1&b=2'],
      ['application/octet-stream', '\u0000\u0001'],
    ];
    const observe = async (flows: FlowNode[]): Promise<unknown[]> => {
      const running = await start(flows);
      if (flows.some(({ id }) => id === 'hook')) await post(`${running.url}/hook/order.created`);
      const seen: unknown[] = [];
      for (const path of ['parsed', 'bytes', 'parsed/', 'PARSED?a=b', 'missing']) {
        for (const [type, body] of bodies) {
          const answer = await post(`${running.url}/${path}`, body, { headers: { 'content-type': type } });
          const { date, etag, ...headers } = answer.headers;
          seen.push([path, type, answer.status, answer.body, headers]);
        }
        seen.push([path, (await post(`${running.url}/${path}`, order, { method: 'GET' })).status]);
        seen.push([path, (await post(`${running.url}/${path}`, order, { method: 'OPTIONS' })).status]);
      }
      const messages = running.messages
        .filter(({ label }) => ['parsed', 'bytes'].includes(label))
        .map(({ label, msg }): unknown[] => [label, msg.payload]);
      await running.stop();
      return [...seen, ...messages];
    };
    const without = await observe([{ id: 'tab', type: 'tab', label: 'Test' }, ...others]);
    assert.deepEqual(await observe([...webhookFlow(), ...others]), without);
  });

  it('goes red where an http in node has its path, which works on', async () => {
    const running = await start([...webhookFlow(), ...httpIn('other', '/hook/order.created')]);
    await running.waitForStatus('hook', isInUse);
    for (let time = 0; time < 2; time++) {
      assert.equal((await post(`${running.url}/hook/order.created`)).status, 201);
    }
    const [message] = await running.waitForMessages('other');
    assert.deepEqual(message?.msg.payload, JSON.parse(order));
    assert.match(running.log, /already receives POST requests on \/hook/);
    // The http in node goes: the webhook node takes over.
    await running.deploy(webhookFlow(), 'nodes');
    await running.waitForStatus('hook', (status) => !isInUse(status));
    assert.equal((await post(`${running.url}/hook/order.created`)).status, 200);
    await running.waitForMessages('order.created');
    // And comes again, while the webhook node stays as it is.
    await running.deploy([...webhookFlow(), ...httpIn('other', '/hook/:any')], 'nodes');
    await running.waitForStatus('hook', isInUse);
    assert.equal((await post(`${running.url}/hook/order.created`)).status, 201);
  });

  it('is not harmed by an http in node of the same path that is removed', async () => {
    const running = await start([...webhookFlow(), ...httpIn('other', '/hook', { method: 'get' })]);
    assert.equal((await post(`${running.url}/hook`, order, { method: 'GET' })).status, 201);
    await running.deploy(webhookFlow(), 'nodes');
    assert.equal((await post(`${running.url}/hook`)).status, 200);
    assert.equal((await post(`${running.url}/hook`, order, { method: 'GET' })).status, 405);
  });

  for (const second of ['/hook', '/HOOK/', '/hook/order.created']) {
    it(`lets the first of two webhook nodes work, and shows the second in red (${second})`, async () => {
      const [tab, config, hook, ...probes] = webhookFlow();
      const other = { ...hook!, id: 'second', path: second, wires: [] };
      const running = await start([tab!, config!, hook!, other, ...probes]);
      await running.waitForStatus('second', ({ fill, text }) => fill === 'red' && text === 'path in use');
      for (let time = 0; time < 2; time++) {
        assert.equal((await post(`${running.url}/hook/order.created`)).status, 200);
      }
      await running.waitForMessages('order.created', 2);
      assert.notEqual(running.status('hook')?.fill, 'red');
      // The first one goes: the second takes over.
      await running.deploy([tab!, config!, other, ...probes], 'nodes');
      await running.waitForStatus('second', ({ fill }) => fill === 'green');
    });
  }

  it('never touches the paths of the admin API', async () => {
    const running = await start(webhookFlow({ path: '/flows' }));
    await running.waitForStatus('hook', isInUse);
    await running.deploy(webhookFlow());
    await running.waitForStatus('hook', ({ fill }) => fill === 'green');
  });

  it('says that a path cannot be used', async () => {
    for (const path of ['', '  ', '/a/:b', '/a*', '/a(b)', '/../x', '/a b?c']) {
      nodeRed ??= await startNodeRed({ flows: webhookFlow({ path }), credentials });
      await nodeRed.deploy(webhookFlow({ path }));
      await nodeRed.waitForStatus('hook', ({ text }) => text === 'bad path');
    }
  });

  it('takes paths with spaces and other alphabets as browsers send them', async () => {
    const running = await start(webhookFlow({ path: 'Größe/日 本/' }));
    for (let time = 0; time < 2; time++) {
      const { status } = await post(new URL('/Größe/日 本/order.created', running.url).href);
      assert.equal(status, 200);
    }
    await running.waitForMessages('order.created', 2);
  });

  it('has a clear status where HTTP nodes are switched off', async () => {
    const running = await start(webhookFlow(), { httpNodeRoot: false });
    await running.waitForStatus('hook', ({ fill, text }) => fill === 'red' && text === 'HTTP nodes are off');
  });

  it('keeps the limit of Node-RED where its own is higher', async () => {
    const running = await start(webhookFlow({ maxBodySize: 10_000_000 }), { apiMaxLength: '2kb' });
    assert.equal((await post(`${running.url}/hook`, order.padEnd(2048))).status, 200);
    assert.equal((await post(`${running.url}/hook`, order.padEnd(2049))).status, 413);
  });

  it('answers other methods only where nothing else does', async () => {
    const running = await start([...webhookFlow(), ...httpIn('page', '/hook', { method: 'get' })]);
    const { text } = await raw(running.port, (write) => {
      write('GET /hook HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    });
    assert.match(text, /^HTTP\/1.1 201 /);
    assert.equal((await post(`${running.url}/hook`, order, { method: 'PUT' })).status, 405);
    assert.equal((await post(`${running.url}/hook`, order, { signature: signed('x') })).status, 401);
  });
});
