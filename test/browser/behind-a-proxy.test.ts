import assert from 'node:assert/strict';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../support/browser';
import { Editor } from '../support/editor';
import { startNodeRed, type NodeRed } from '../support/node-red';
import { ReverseProxy } from '../support/reverse-proxy';

/** A name that is no `localhost`: to such a one over http, browsers do not say what a request is for. */
const name = 'nodered.test';

/** Of a proxy's own response. */
const byProxy = { 'content-type': 'text/html', 'www-authenticate': 'Negotiate' };

describe('the editor and the sandbox page behind a proxy', function () {
  this.timeout(60_000);
  let browser: Browser;
  let nodeRed: NodeRed;
  const open: ReverseProxy[] = [];
  const proxy = async (options?: { keepHost: boolean }): Promise<ReverseProxy> => {
    const started = await ReverseProxy.start(nodeRed.url, options);
    open.push(started);
    return started;
  };
  before(async function () {
    this.timeout(90_000);
    browser = await launchBrowser([`--host-resolver-rules=MAP ${name} 127.0.0.1`]);
    nodeRed = await startNodeRed({
      flows: [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'c1', type: 'onegevity-config', environment: 'sandbox' },
      ],
      startTimeout: 60_000,
    });
  });
  after(async () => {
    await browser?.close();
    for (const each of open) await each.stop();
    await nodeRed?.stop();
  });

  /** What *Test connection* says in an editor at that origin. */
  const tested = async (url: string): Promise<string> => {
    const editor = await Editor.open(browser, { url } as NodeRed);
    await editor.openDialog('c1');
    await editor.page.locator('#onegevity-test-button').click();
    const result = editor.page.locator('#onegevity-test-result :is(.onegevity-success, .onegevity-danger)');
    const text = await result.innerText();
    await editor.close();
    return text;
  };

  it('name the proxy and its setting where it rewrites Host and nothing else tells whose page asks', async () => {
    const { port } = await proxy();
    const origin = `http://${name}:${port}`;
    const text = await tested(origin);
    assert.match(text, /A proxy .* changes the Host header.*proxy_set_header Host \$http_host/s);
    assert.ok(text.includes(origin) && text.includes(`127.0.0.1:${nodeRed.port}`), text);

    const page = await browser.newPage();
    await page.goto(`${origin}/onegevity/sandbox/`);
    await page
      .locator('[data-order="SB-000002-O1"]')
      .getByRole('button', { name: 'Release results' })
      .click();
    await page.getByText(/changes the Host header.*proxy_set_header Host/).waitFor();
    await page.close();
  });

  it('work where the browser says that its own page asks, whatever Host arrives', async () => {
    const { port } = await proxy();
    assert.match(await tested(`http://localhost:${port}`), /Connected/);
  });

  it('work where the proxy passes Host on', async () => {
    const { port } = await proxy({ keepHost: true });
    assert.match(await tested(`http://${name}:${port}`), /Connected/);
  });

  it('say that something before Node-RED answered, with its status', async () => {
    const { port } = await proxy({ keepHost: true });
    const editor = await Editor.open(browser, { url: `http://localhost:${port}` } as NodeRed);
    for (const [status, body] of [
      [502, '<html>Bad Gateway</html>'],
      [200, '<html>Log in</html>'],
      [403, 'Forbidden'],
      [401, 'Unauthorized'],
    ] as const) {
      await editor.page.route('**/onegevity/test-connection', (route) =>
        route.fulfill({ status, body, headers: byProxy }),
      );
      await editor.openDialog('c1');
      await editor.page.locator('#onegevity-test-button').click();
      const text = await editor.page.locator('#onegevity-test-result .onegevity-danger').innerText();
      assert.match(text, new RegExp(`isn't from Node-RED \\(status ${status}\\).*proxy`));
      await editor.cancel();
      await editor.page.unroute('**/onegevity/test-connection');
    }
    await editor.close();
  });

  it('say so on the sandbox page too, at its start and later', async () => {
    const { port } = await proxy({ keepHost: true });
    const page = await browser.newPage();
    const control = /\/sandbox\/sandbox\/(?!page)/;
    const url = `http://localhost:${port}/onegevity/sandbox/`;
    for (const status of [502, 200, 401]) {
      const said = page.getByText(new RegExp(`status ${status} and is not the sandbox's\\. A proxy`)).first();
      await page.route(control, (route) =>
        route.fulfill({ status, body: '<html>Log in</html>', headers: byProxy }),
      );
      await page.goto(url);
      await said.waitFor();
      await page.unroute(control);
      await page.goto(url);
      const revoke = page.getByRole('button', { name: 'Revoke tokens' });
      await revoke.waitFor();
      await page.route(/\/revoke$/, (route) =>
        route.fulfill({ status, body: '<html>Log in</html>', headers: byProxy }),
      );
      await revoke.click();
      await said.waitFor();
      await page.unroute(/\/revoke$/);
    }
    await page.close();
  });
});
