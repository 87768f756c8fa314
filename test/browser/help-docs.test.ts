import assert from 'node:assert/strict';
import { nodeTypes } from '../../scripts/node-pages';
import { tab, useEditor } from '../support/editor-suite';

describe('the help of a node', function () {
  this.timeout(60_000);
  const suite = useEditor();

  it('leads to pages of the documentation that come from Node-RED itself, without the internet', async () => {
    const editor = await suite.open([tab]);
    const { page } = editor;
    const elsewhere: string[] = [];
    const own = new URL(page.url()).origin;
    await page.context().route(
      (url) => url.origin !== own,
      (route) => {
        elsewhere.push(route.request().url());
        return route.abort();
      },
    );
    const pages = new Map<string, string>();
    for (const type of nodeTypes) {
      await page.evaluate(`RED.sidebar.help.show(${JSON.stringify(type)})`);
      const links = page.locator('.red-ui-help a[href*="/docs/"]');
      await links.first().waitFor();
      const found = await links.evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href));
      assert.ok(found.length >= 2, `${type}: ${found.join()}`);
      for (const url of found) pages.set(url, type);
    }
    const reader = await page.context().newPage();
    for (const [url, type] of pages) {
      const response = await reader.goto(url);
      assert.equal(response?.status(), 200, `${url} in the help of ${type}`);
      assert.notEqual((await reader.locator('h1').textContent())?.trim(), '', url);
      const styles = await reader.evaluate('document.styleSheets[0]?.cssRules.length ?? 0');
      assert.ok(Number(styles) > 0, `${url} has its style`);
    }
    for (const type of nodeTypes) {
      const url = new URL(
        `reference/nodes/${type}.html`,
        [...pages.keys()].find((one) => one.endsWith('docs/index.html')),
      );
      assert.equal((await reader.goto(url.href))?.status(), 200, url.href);
      assert.match((await reader.locator('main').textContent()) ?? '', /\w{3}/);
    }
    assert.deepEqual(elsewhere, []);
    await reader.close();
  });
});
