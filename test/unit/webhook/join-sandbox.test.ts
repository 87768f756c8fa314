import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { NodeAPI } from 'node-red';
import { registerWithSandbox } from '../../../src/nodes/webhook/sandbox';
import type { ConfigNode } from '../../../src/nodes/shared/config-node';

describe('webhook nodes that join the sandbox before the server listens', () => {
  it('add one listener for all, and register those that are still there', async () => {
    const server = createServer();
    const before = server.listenerCount('listening');
    const RED = { server, settings: {} } as unknown as NodeAPI;
    const registered: string[] = [];
    const config = {
      environment: 'sandbox',
      registerReceiver: (url: string) => {
        registered.push(new URL(url).pathname);
        return Promise.resolve(() => void registered.splice(registered.indexOf(new URL(url).pathname), 1));
      },
    } as unknown as ConfigNode;
    const leave = Array.from({ length: 20 }, (_, index) =>
      registerWithSandbox(RED, config, `/hook${index}`, ['order.created']),
    );
    assert.equal(server.listenerCount('listening'), before + 1);
    leave[0]?.();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await new Promise(setImmediate);
    assert.equal(registered.length, 19);
    assert.ok(!registered.includes('/hook0/order.created'));
    for (const each of leave) each();
    assert.deepEqual(registered, []);
    const again = registerWithSandbox(RED, config, '/late', ['order.created']);
    await new Promise(setImmediate);
    assert.deepEqual(registered, ['/late/order.created']);
    again();
    server.close();
  });
});
