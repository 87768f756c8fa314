/** Which addresses deliveries reach a webhook node at, below the root that Node-RED serves nodes under. */
export interface UrlParts {
  /** Scheme, host and port the editor itself is reached at. */
  origin: string;
  /** Node-RED's setting; `false`: it serves no routes of nodes. */
  httpNodeRoot: string | false | undefined;
  /** What the user says that the vendor reaches; replaces the origin. */
  publicUrl: string;
  path: string;
}

/** @returns the global endpoint's address, or undefined where Node-RED serves none */
export function webhookUrl({ origin, httpNodeRoot, publicUrl, path }: UrlParts): string | undefined {
  if (httpNodeRoot === false) return undefined;
  const front = (publicUrl.trim() || origin).replace(/\/+$/, '');
  const parts = [httpNodeRoot ?? '', path.trim()].map((part) => part.replace(/^\/+|\/+$/g, ''));
  return [front, ...parts.filter((part) => part !== '')].join('/');
}
