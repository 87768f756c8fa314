import assert from 'node:assert/strict';
import { changeOf, nextVersion, pending, released, withRelease } from '../../../scripts/release/changelog';

const changelog = `# Changelog

## Unreleased

### Fixed

- A lost answer.

## 1.2.3 - 2025-01-02

### Added

- A node.
`;

describe('The version of a release', () => {
  it('follows from what stands under Unreleased, and from nothing below it', () => {
    assert.equal(pending(changelog), '### Fixed\n\n- A lost answer.');
    assert.equal(changeOf(pending(changelog)), 'fix');
    assert.equal(pending('# Changelog\n'), '');
  });

  for (const [text, change, from, to] of [
    ['### Fixed\n\n- x', 'fix', '1.2.3', '1.2.4'],
    ['### Security\n\n- x', 'fix', '1.2.3', '1.2.4'],
    ['### Added\n\n- x', 'feature', '1.2.3', '1.3.0'],
    ['### Deprecated\n\n- x', 'feature', '1.2.3', '1.3.0'],
    ['### Removed\n\n- x', 'breaking', '1.2.3', '2.0.0'],
    ['### Changed\n\n- **Breaking**: x', 'breaking', '1.2.3', '2.0.0'],
    ['### Removed\n\n- x', 'breaking', '0.2.3', '0.3.0'],
  ] as const) {
    it(`goes from ${from} to ${to} for ${JSON.stringify(text)}`, () => {
      assert.equal(changeOf(text), change);
      assert.equal(nextVersion(from, change, false), to);
    });
  }

  it('is the one of package.json where none was released before', () => {
    assert.deepEqual(released('## Unreleased\n'), []);
    assert.equal(nextVersion('0.1.0', 'feature', true), '0.1.0');
  });

  it('gets its section in the changelog, and an empty Unreleased above it', () => {
    const after = withRelease(changelog, '1.2.4', '2025-03-04');
    assert.deepEqual(released(after), ['1.2.4', '1.2.3']);
    assert.equal(pending(after), '');
    assert.match(after, /## Unreleased\n\n## 1\.2\.4 - 2025-03-04\n\n### Fixed/);
  });
});
