/** The page's files. They hold no data: those come by the control routes. */
import files from '../../generated/sandbox-page.json';

export interface PageFile {
  headers: Readonly<Record<string, string>>;
  text: string;
}

const HEADERS = {
  'cache-control': 'no-cache',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
};

const TYPES: Readonly<Record<string, [member: 'html' | 'css' | 'js', type: string]>> = {
  '/': ['html', 'text/html; charset=utf-8'],
  '/sandbox/page.css': ['css', 'text/css; charset=utf-8'],
  '/sandbox/page.js': ['js', 'text/javascript; charset=utf-8'],
};

/** @param path `/` for the page, which asks for the others by relative URLs; undefined for any other path */
export function pageFile(path: string): PageFile | undefined {
  const known = TYPES[path];
  if (!known) return undefined;
  const [member, type] = known;
  return { headers: { ...HEADERS, 'content-type': type }, text: files[member] };
}
