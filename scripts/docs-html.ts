/**
 * The pages of `docs/` as HTML, to be read in Node-RED without the internet: Node-RED serves what lies in a package's
 * `resources/` folder. Pages for those who develop the package stay in the source.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import type { Tokens } from 'marked' with { 'resolution-mode': 'import' };
import { name, version } from '../package.json';
import { helpTexts } from './help';
import { nodeTypes } from './node-pages';
import { compactHtml } from './slim';
import { packageRoot } from './support/npm';

/** Where the pages lie in the package. The nodes' help links there. */
export const docsFolder = 'resources/docs';

/** Where the pages of the nodes lie, below {@link docsFolder}. */
const nodeFolder = 'reference/nodes';

/** Pages that stay in the source. */
const isForDevelopers = (path: string) => path.startsWith('dev/');

/** Paths of the Markdown pages that users get, below `docs/`. */
export function userPages(): string[] {
  return readdirSync(join(packageRoot, 'docs'), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !isForDevelopers(path))
    .sort();
}

/**
 * @returns the HTML pages by path below {@link docsFolder}
 * @throws Error if a page links to one that is not there
 */
export async function htmlPages(): Promise<Map<string, string>> {
  const pages = userPages();
  const entries = pages.map(
    async (path) => [toHtmlPath(path), await htmlPage(path, new Set(pages))] as const,
  );
  return new Map([...(await Promise.all(entries)), ...nodePages()]);
}

/** One page for each node type: its help, which the editor shows too. */
function nodePages(): [string, string][] {
  return [...helpTexts(join(packageRoot, 'locales/en-US'))].map(([type, help]) => {
    const path = `${nodeFolder}/${type}.html`;
    const content = help
      .replace(/<\/?script[^>]*>/g, '')
      .replaceAll(`href="resources/${name}/docs/`, `href="${'../'.repeat(nodeFolder.split('/').length)}`);
    return [path, frame(path, type, `<h1>${type}</h1>${content}`)];
  });
}

/** Writes the pages and their style sheet. */
export async function writeHtmlPages(): Promise<void> {
  const target = join(packageRoot, docsFolder);
  rmSync(target, { recursive: true, force: true });
  for (const [path, html] of await htmlPages()) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), compactHtml(html));
  }
  writeFileSync(join(target, 'style.css'), readFileSync(join(__dirname, 'docs/style.css')));
}

async function htmlPage(path: string, pages: ReadonlySet<string>): Promise<string> {
  const { Marked } = await import('marked');
  const { gfmHeadingId } = await import('marked-gfm-heading-id');
  const marked = new Marked(gfmHeadingId(), {
    // Built from our own sources, with these two exceptions to how Markdown looks on a code host.
    renderer: {
      link({ href, title, tokens }: Tokens.Link) {
        const text = this.parser.parseInline(tokens);
        const target = linkTarget(path, href, pages);
        if (target === undefined) return text;
        const external = target.startsWith('https:') ? ' target="_blank" rel="noopener"' : '';
        return `<a href="${target}"${title ? ` title="${title}"` : ''}${external}>${text}</a>`;
      },
      codespan({ text }: Tokens.Codespan) {
        const code = `<code>${text}</code>`;
        if (!nodeTypes.includes(text)) return code;
        return `<a href="${posix.relative(posix.dirname(path), `${nodeFolder}/${text}.html`)}">${code}</a>`;
      },
      table(token: Tokens.Table) {
        const cell = (one: Tokens.TableCell, tag: string) =>
          `<${tag}>${this.parser.parseInline(one.tokens)}</${tag}>`;
        const row = (cells: string) => `<tr>${cells}</tr>\n`;
        const head = row(token.header.map((one) => cell(one, 'th')).join(''));
        const body = token.rows.map((cells) => row(cells.map((one) => cell(one, 'td')).join(''))).join('');
        return `<div class="table"><table>\n<thead>${head}</thead>\n<tbody>${body}</tbody>\n</table></div>\n`;
      },
    },
  });
  const source = readFileSync(join(packageRoot, 'docs', path), 'utf8').replace(/<!--[\s\S]*?-->\n*/g, '');
  const title = /^# (.+)$/m.exec(source)?.[1] ?? path;
  return frame(path, title.replaceAll('`', ''), await marked.parse(source));
}

/** @returns where a link leads in the HTML pages; undefined for pages that are in the source only */
function linkTarget(from: string, href: string, pages: ReadonlySet<string>): string | undefined {
  if (/^(https?:|mailto:|#)/.test(href)) return href;
  const [target = '', anchor] = href.split('#');
  const path = posix.normalize(posix.join(posix.dirname(from), target));
  if (path.startsWith('../') || isForDevelopers(path)) return undefined;
  if (!pages.has(path)) throw new Error(`docs/${from} links to ${href}, which is not there`);
  return toHtmlPath(target) + (anchor === undefined ? '' : `#${anchor}`);
}

function toHtmlPath(path: string): string {
  return path.replace(/\.md$/, '.html');
}

function frame(path: string, title: string, content: string): string {
  const up = '../'.repeat(path.split('/').length - 1);
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self'">
<title>${title} - Onegevity nodes</title>
<link rel="stylesheet" href="${up}style.css">
</head>
<body>
<header><a href="${up}index.html">Onegevity nodes for Node-RED</a> <span>${version}</span></header>
<main>
${content}</main>
</body>
</html>
`;
}
