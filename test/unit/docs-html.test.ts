import assert from 'node:assert/strict';
import { dirname, posix } from 'node:path';
import { name } from '../../package.json';
import { htmlPages } from '../../scripts/docs-html';
import { helpTexts } from '../../scripts/help';
import { nodeTypes } from '../../scripts/node-pages';

describe('The HTML docs', () => {
  let pages: Map<string, string>;

  before(async () => {
    pages = await htmlPages();
  });

  const hasTarget = (from: string, target: string): boolean => {
    const [path = '', anchor] = target.split('#');
    const page = pages.get(path === '' ? from : posix.normalize(posix.join(dirname(from), path)));
    return page !== undefined && (anchor === undefined || page.includes(` id="${anchor}"`));
  };

  it('have a page for each node type, with its help', () => {
    for (const type of nodeTypes) assert.match(pages.get(`reference/nodes/${type}.html`) ?? '', /<h3>/, type);
  });

  it('link only to pages and headings that exist', () => {
    for (const [from, html] of pages) {
      for (const [, target = ''] of html.matchAll(/<a href="([^"]*)"/g)) {
        if (!/^(https?|mailto):/.test(target)) assert.ok(hasTarget(from, target), `${from}: ${target}`);
      }
    }
  });

  it('exist for every link in the help, in every language', () => {
    for (const language of ['en-US', 'de', 'es-ES', 'fr', 'ja', 'pt-BR', 'zh-CN']) {
      for (const [type, help] of helpTexts(`locales/${language}`)) {
        for (const [, path = ''] of help.matchAll(new RegExp(`"resources/${name}/docs/([^"#]*)`, 'g'))) {
          assert.ok(pages.has(path), `${language}, ${type}: ${path}`);
        }
      }
    }
  });

  it('load nothing from the internet and run no script', () => {
    for (const [path, html] of pages) {
      assert.doesNotMatch(html, /<script|<iframe|<img[^>]+src="https?:|<link[^>]+href="https?:/, path);
      assert.match(html, /default-src 'none'/, path);
    }
  });
});
