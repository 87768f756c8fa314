import assert from 'node:assert/strict';
import { request } from 'node:http';
import { startNodeRed, type NodeRed } from '../support/node-red';

interface Answer {
  status: number;
  type: string;
  location: string | undefined;
  text: string;
}

describe("The sandbox's page in the editor of a real Node-RED", () => {
  let nodeRed: NodeRed | undefined;
  afterEach(() => nodeRed?.stop());

  const start = async (settings: Record<string, unknown> = {}): Promise<void> => {
    nodeRed = await startNodeRed({ settings });
  };

  /** Node's fetch sets some headers by itself, so this takes the lower way. */
  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const length: Record<string, string> = body === undefined ? {} : { 'content-length': `${body.length}` };
      request(
        nodeRed!.url + path,
        { method, headers: { ...length, ...headers }, agent: false },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            const { location, 'content-type': type = '' } = response.headers;
            resolve({ status: response.statusCode ?? 0, type, location, text });
          });
        },
      )
        .on('error', reject)
        .end(body);
    });

  it('is a shell without data, found as a folder, with its files beside it', async () => {
    await start();
    const moved = await ask('GET', '/onegevity/sandbox');
    assert.deepEqual([moved.status, moved.location], [302, 'sandbox/']);
    const shell = await ask('GET', '/onegevity/sandbox/');
    assert.equal(shell.status, 200);
    assert.match(shell.type, /^text\/html/);
    assert.ok(!shell.text.includes('SB-000001'));
    assert.match((await ask('GET', '/onegevity/sandbox/sandbox/page.js')).type, /javascript/);
    assert.match((await ask('GET', '/onegevity/sandbox/sandbox/page.css')).type, /css/);
    assert.equal((await ask('GET', '/onegevity/sandbox/other')).status, 404);
  });

  it('gives data to pages of this origin only, and takes JSON only', async () => {
    await start();
    const state = '/onegevity/sandbox/sandbox/state';
    const faults = '/onegevity/sandbox/sandbox/faults';
    const json = { 'content-type': 'application/json' };
    const fault = JSON.stringify({ fault: 'status', times: 1 });
    const own = { origin: nodeRed!.url };
    assert.match((await ask('GET', state)).text, /SB-000001/);
    assert.match((await ask('GET', state, { 'sec-fetch-site': 'same-origin' })).text, /SB-000001/);
    assert.equal((await ask('POST', faults, { ...json, ...own }, fault)).status, 200);
    const foreign = [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { origin: `http://127.0.0.1:${nodeRed!.port + 1}` },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
    ];
    for (const headers of foreign) {
      for (const [method, path, body] of [
        ['GET', state, undefined],
        ['POST', faults, fault],
        ['DELETE', faults, undefined],
      ] as const) {
        const { status, text } = await ask(method, path, { ...json, ...headers }, body);
        assert.equal(status, 403, JSON.stringify([method, headers]));
        assert.ok(!text.includes('SB-'));
      }
    }
    assert.equal((await ask('POST', faults, { 'sec-fetch-site': 'none', ...json }, fault)).status, 403);
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...own };
    assert.equal((await ask('POST', faults, form, 'fault=status')).status, 415);
    assert.equal((await ask('POST', faults, { 'content-type': 'text/plain', ...own }, fault)).status, 415);
  });

  it("needs the editor's permission where there is a login: to read, and another one to change", async () => {
    // The bcrypt hash of "password".
    const password = '$2b$04$iGQwJzxe5Rp4pj.vRANgIuaBqiQ9tpAg44D5up7Vrw6iNfE/o7lCW';
    await start({
      adminAuth: {
        type: 'credentials',
        users: [
          { username: 'reader', password, permissions: 'read' },
          { username: 'editor', password, permissions: '*' },
        ],
      },
    });
    const login = async (username: string): Promise<Record<string, string>> => {
      const form = new URLSearchParams({
        client_id: 'node-red-admin',
        grant_type: 'password',
        scope: '*',
        username,
        password: 'password',
      });
      if (username === 'reader') form.set('scope', 'read');
      const response = await fetch(`${nodeRed!.url}/auth/token`, { method: 'POST', body: form });
      const { access_token: token } = (await response.json()) as { access_token: string };
      return { authorization: `Bearer ${token}` };
    };
    const state = '/onegevity/sandbox/sandbox/state';
    const reset = '/onegevity/sandbox/sandbox/reset';
    assert.equal((await ask('GET', '/onegevity/sandbox/')).status, 200);
    assert.equal((await ask('GET', state)).status, 401);
    assert.equal((await ask('GET', state, { authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await ask('POST', reset)).status, 401);
    const reader = await login('reader');
    assert.equal((await ask('GET', state, reader)).status, 200);
    assert.equal((await ask('POST', reset, reader)).status, 401);
    const editor = await login('editor');
    assert.equal((await ask('POST', reset, editor)).status, 200);
    assert.equal((await ask('POST', reset, { ...editor, origin: 'http://evil.example' })).status, 403);
  });

  it('follows the place of the editor, and is not there where the editor is switched off', async () => {
    await start({ httpAdminRoot: '/red' });
    assert.equal((await ask('GET', '/red/onegevity/sandbox/')).status, 200);
    assert.equal((await ask('GET', '/onegevity/sandbox/')).status, 404);
    await nodeRed!.stop();
    await start({ httpAdminRoot: false });
    assert.equal((await ask('GET', '/onegevity/sandbox/')).status, 404);
  });
});
