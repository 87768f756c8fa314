/** What CHANGELOG.md says about the next release. */

/** What a release holds, from the headings and lines of `## Unreleased`. */
export type Change = 'breaking' | 'feature' | 'fix';

const unreleased = '## Unreleased';

/** The text under `## Unreleased`, without the heading; empty where there is none. */
export function pending(changelog: string): string {
  const start = changelog.indexOf(unreleased);
  if (start < 0) return '';
  const rest = changelog.slice(start + unreleased.length);
  const end = rest.search(/^## /m);
  return (end < 0 ? rest : rest.slice(0, end)).trim();
}

/** @returns the greatest change in the text of `## Unreleased` */
export function changeOf(text: string): Change {
  if (/^### Removed\b/m.test(text) || /^- \*\*Breaking\b/m.test(text)) return 'breaking';
  return /^### (Added|Changed|Deprecated)\b/m.test(text) ? 'feature' : 'fix';
}

/** Released versions, newest first. */
export function released(changelog: string): string[] {
  return [...changelog.matchAll(/^## (\d+\.\d+\.\d+)\b/gm)].map(([, version = '']) => version);
}

/**
 * @param current the version in package.json
 * @returns the version to release: `current` itself for the first one. Before 1.0 a breaking change raises the
 *   minor version.
 */
export function nextVersion(current: string, change: Change, first: boolean): string {
  if (first) return current;
  const [major = 0, minor = 0, patch = 0] = current.split('.').map(Number);
  if (change === 'breaking' && major > 0) return `${major + 1}.0.0`;
  if (change === 'fix') return `${major}.${minor}.${patch + 1}`;
  return `${major}.${minor + 1}.0`;
}

/**
 * @param day `YYYY-MM-DD`
 * @returns the changelog with what was pending under the version, and an empty `## Unreleased`
 */
export function withRelease(changelog: string, version: string, day: string): string {
  return changelog.replace(unreleased, `${unreleased}\n\n## ${version} - ${day}`);
}
