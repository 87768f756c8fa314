/** Collects the English texts of the project: what a user reads, by place. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Text {
  /** File, and the key or line in it. */
  place: string;
  text: string;
}

export function englishTexts(root: string): Text[] {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const files = (folder: string, ending: RegExp) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
      .filter((path) => ending.test(path));
  return [
    ...files('locales/en-US', /\.json$/).flatMap((path) => fromJson(path, JSON.parse(read(path)) as unknown)),
    ...files('locales/en-US', /\.html$/).flatMap((path) => fromHtml(path, read(path))),
    ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', ...files('docs', /\.md$/)].flatMap((path) =>
      fromMarkdown(path, read(path)),
    ),
    ...files('examples', /\.json$/).flatMap((path) => fromFlow(path, JSON.parse(read(path)) as unknown)),
  ];
}

function fromJson(place: string, value: unknown): Text[] {
  if (typeof value === 'string') return [{ place, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => fromJson(`${place}#${key}`, member));
}

function fromHtml(place: string, html: string): Text[] {
  const text = html
    .replace(/<(pre|code)\b[\s\S]*?<\/\1>/g, 'x')
    .replace(/<\/(p|li|dd|dt|h\d|td|th)>/g, '\n\n')
    .replace(/<!--[\s\S]*?-->|<[^>]+>/g, '');
  return paragraphs(place, text);
}

function fromMarkdown(place: string, markdown: string): Text[] {
  const text = markdown
    .replace(/```[\s\S]*?```|<!--[\s\S]*?-->/g, '')
    .replace(/`[^`\n]+`/g, 'x')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\|?[\s:|-]+\|$/gm, '')
    .replace(/ *\| */g, '\n\n')
    .replace(/^\s*([-*]|\d+\.) /gm, '\n\n')
    .replace(/^#+ (.*)$/gm, '\n\n$1\n\n')
    .replace(/<[^>]+>|[*_]{1,2}(?=\S)|(?<=\S)[*_]{1,2}/g, '');
  return paragraphs(place, text);
}

/** Names and descriptions of the nodes of a flow. */
function fromFlow(place: string, flow: unknown): Text[] {
  if (!Array.isArray(flow)) return [];
  return flow.flatMap((node: Record<string, unknown>) =>
    ['name', 'label', 'info'].flatMap((key) => {
      const text = node[key];
      return typeof text === 'string' && text !== '' ? fromMarkdown(`${place}#${String(node.id)}`, text) : [];
    }),
  );
}

function paragraphs(place: string, text: string): Text[] {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => /\p{L}{2}/u.test(paragraph))
    .map((paragraph) => ({ place, text: paragraph }));
}
