/** The example "Patient portal" in a real Node-RED, and a patient at a browser who uses it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { stillness } from './browser';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

/** People beside those of the example: patients of the sandbox with reports, and one with a survey. */
const more = { gus: 'SB-000007', hal: 'SB-000011', ivy: 'SB-000013', fay: 'SB-000019' };

export type Person = 'ana' | 'ben' | 'eva' | keyof typeof more;

/** Starts the example with a probe in place of each debug node; orders of the sandbox move by hand only. */
export function startPortal(): Promise<NodeRed> {
  const file = join(__dirname, '../../examples/11 - Patient portal.json');
  const people = Object.entries(more).map(([name, patient]) => `"${name}:demo": "${patient}"`);
  const text = readFileSync(file, 'utf8').replace(
    String.raw`\"ana:demo\": `,
    (first) => `${JSON.stringify(`${people.join(', ')}, `).slice(1, -1)}${first}`,
  );
  const flows = (JSON.parse(text) as FlowNode[]).map((node) =>
    node.type === 'debug' ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] } : node,
  );
  return startNodeRed({ flows, settings: { onegevitySandboxPace: 0 } });
}

/** What a page of the portal hands to the UI-Kit. */
export interface PageData {
  clientId: string;
  ogBasePath: string;
  redirectUri: string;
  patientId: string;
  state: string;
}

/** One tab. */
export class Portal {
  /** Exceptions that nobody caught. */
  readonly faults: string[] = [];
  /** API calls as `GET /patients/…`, without their queries. */
  readonly calls: string[] = [];

  private constructor(
    readonly page: Page,
    private readonly url: string,
  ) {
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith('/api/v1')) this.calls.push(`${request.method()} ${pathname.slice(7)}`);
    });
  }

  static async open(browser: Browser, nodeRed: NodeRed): Promise<Portal> {
    const context = await browser.newContext();
    await context.addInitScript(stillness);
    const portal = new Portal(await context.newPage(), `${nodeRed.url}/portal`);
    await portal.page.goto(portal.url);
    return portal;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async login(name: string, password = 'demo'): Promise<void> {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  /** A page for the same person, got anew by a script: its state is not used yet. */
  async freshPage(name: Person): Promise<PageData> {
    return this.page.evaluate<PageData>(`(async () => {
      const body = new URLSearchParams({ user: ${JSON.stringify(name)}, password: 'demo' });
      const answer = await fetch('portal', { method: 'POST', body });
      const parsed = new DOMParser().parseFromString(await answer.text(), 'text/html');
      return { ...parsed.getElementById('portal').dataset };
    })()`);
  }

  /** A row of the order list that has this text. */
  row(text: string): Locator {
    return this.page.locator('tr', { hasText: text });
  }

  /** A field of the vendor's forms, by its label. */
  field(label: string): Locator {
    const exact = new RegExp(`^\\s*${label}\\s*$`);
    const texts = this.page.locator('.og-input-text--label', { hasText: exact });
    return this.page.locator('label', { has: texts }).locator('input');
  }

  /** A dropdown closes when the page is scrolled or the mouse leaves it, as a real click of the driver does. */
  async choose(label: string, option: string): Promise<void> {
    const dropdown = this.page.locator('.og-dropdown', { hasText: label });
    await dropdown.locator('.og-dropdown--input').dispatchEvent('click');
    await dropdown.locator('.og-dropdown--option', { hasText: option }).dispatchEvent('click');
    await dropdown.locator('.og-dropdown--text', { hasText: option }).waitFor();
  }

  question(title: string): Locator {
    return this.page.locator('.og-survey--question', { hasText: title });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name });
  }
}
