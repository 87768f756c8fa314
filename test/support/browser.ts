/**
 * The Chromium that comes with `npm ci`. A bare system lacks libraries that it needs (libnss3 and others): they are
 * in the package too, and used for the browser's process alone.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';

const source = join(dirname(require.resolve('@sparticuz/chromium')), '../../bin');
const { version } = JSON.parse(readFileSync(join(source, '../package.json'), 'utf8')) as { version: string };
const folder = join(tmpdir(), `onegevity-chromium-${version}-${process.getuid?.() ?? 0}`);

/** Without any font Chromium draws no text and ends now and then. */
const fontSettings = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${folder}/fonts-cache</cachedir>
  <alias binding="strong"><family>Arial</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="strong"><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;

/**
 * Starts a headless browser; the first start on a computer unpacks it.
 * @param more further arguments of its command
 */
export async function launchBrowser(more: readonly string[] = []): Promise<Browser> {
  if (!existsSync(folder)) unpack();
  return chromium.launch({
    executablePath: join(folder, 'chromium'),
    args: [
      '--no-sandbox',
      '--disable-setuid-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--font-render-hinting=none',
      ...more,
    ],
    env: {
      ...(process.env as Record<string, string>),
      LD_LIBRARY_PATH: [join(folder, 'lib'), process.env.LD_LIBRARY_PATH ?? ''].filter(Boolean).join(':'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  });
}

/**
 * Init script of a page: nothing slides or fades. That takes a third off what a dialog of the editor costs, and
 * nothing that a test looks at.
 */
export const stillness = `addEventListener('DOMContentLoaded', () => {
  const style = document.createElement('style');
  style.textContent = '*, ::before, ::after { transition: none !important; animation: none !important }';
  document.head.append(style);
  if (window.jQuery) jQuery.fx.off = true;
})`;

/** Several test runs may start at once: each unpacks into a folder of its own, and the first one's stays. */
function unpack(): void {
  const draft = mkdtempSync(join(tmpdir(), 'onegevity-chromium-draft-'));
  const browser = join(draft, 'chromium');
  writeFileSync(browser, decompressed('chromium.br'));
  chmodSync(browser, 0o755);
  for (const archive of ['al2023.tar.br', 'fonts.tar.br', 'swiftshader.tar.br']) {
    execFileSync('tar', ['-x', '-C', draft], { input: decompressed(archive) });
  }
  writeFileSync(join(draft, 'fonts.conf'), fontSettings);
  try {
    renameSync(draft, folder);
  } catch {
    rmSync(draft, { recursive: true, force: true });
  }
}

function decompressed(name: string): Buffer {
  return brotliDecompressSync(readFileSync(join(source, name)));
}
