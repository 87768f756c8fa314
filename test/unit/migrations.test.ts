import assert from 'node:assert/strict';
import { nodePage, nodeTypes } from '../../scripts/node-pages';
import { upgrade } from '../../src/editor/lib/upgrade';
import { currentVersion, isReadable, type Migrations, migrate } from '../../src/lib/migrations';

/** A made-up history: `city` became `address.city`, and then `address` a list. */
const table: Migrations = {
  'made-up': [
    ({ city, ...rest }) => ({ ...rest, address: { city } }),
    (saved) => ({ ...saved, addresses: [saved.address], address: undefined }),
  ],
};
const newest = { addresses: [{ city: 'Ulm' }], address: undefined, type: 'made-up', id: 'n', version: 3 };

describe('the version of what a node saves', () => {
  it('is 1 where a flow says none, and one more for each migration', () => {
    assert.equal(currentVersion('made-up', table), 3);
    assert.equal(currentVersion('another', table), 1);
    const node = { type: 'made-up', id: 'n', city: 'Ulm' };
    assert.deepEqual(migrate(node, table), migrate({ ...node, version: 1 }, table));
  });

  it('leads through every step that is missing, from wherever it starts', () => {
    assert.deepEqual(migrate({ type: 'made-up', id: 'n', city: 'Ulm', version: 1 }, table), newest);
    const second = { type: 'made-up', id: 'n', address: { city: 'Ulm' }, version: 2 };
    assert.deepEqual(migrate(second, table), newest);
  });

  it('leaves the given node as it is, and returns a current one itself', () => {
    const old = Object.freeze({ type: 'made-up', city: 'Ulm' });
    migrate(old, table);
    assert.deepEqual(old, { type: 'made-up', city: 'Ulm' });
    assert.equal(migrate(newest, table), newest);
  });

  it('is not read where it is newer, or no version at all', () => {
    for (const version of [1, 2, 3, undefined])
      assert.ok(isReadable({ type: 'made-up', version }, table), String(version));
    for (const version of [4, 0, -1, 1.5, '2', null, 'x'])
      assert.ok(!isReadable({ type: 'made-up', version }, table), String(version));
  });

  for (const type of nodeTypes) {
    it(`that a new ${type} node saves is the current one`, () => {
      const [, version] = /version: \{\s*value: (\d+),/.exec(nodePage(type)) ?? [];
      assert.equal(Number(version), currentVersion(type));
    });
  }
});

describe('a node of an older package in the editor', () => {
  const editorNode = (properties: object) => ({
    type: 'made-up',
    _def: { defaults: { city: {}, address: {}, addresses: {}, version: {} } },
    id: 'n',
    x: 100,
    wires: [['next']],
    ...properties,
  });

  it('has the current shape as soon as it is there; what is no saved property stays', () => {
    const node = editorNode({ city: 'Ulm', version: 1 });
    const { _def } = node;
    upgrade(node, table);
    assert.deepEqual(
      { ...node },
      {
        ...editorNode({ city: undefined, address: undefined, addresses: [{ city: 'Ulm' }], version: 3 }),
        _def,
      },
    );
  });

  it('has it on a locked tab too, where the editor refuses changes', () => {
    const node = editorNode({ city: 'Ulm' });
    const locked = new Proxy(node, {
      get: (target, name) => (name === '__node__' ? target : (Reflect.get(target, name) as unknown)),
      set: () => {
        throw new Error('locked');
      },
    });
    upgrade(locked, table);
    assert.equal((node as Record<string, unknown>).version, 3);
  });

  it('stays as it is where a newer package saved it', () => {
    const node = editorNode({ city: 'Ulm', version: 4 });
    upgrade(node, table);
    assert.deepEqual({ ...node }, editorNode({ city: 'Ulm', version: 4 }));
  });

  it('stays as it is where no version is missing: so today', () => {
    const node = { ...editorNode({ city: 'Ulm' }), type: 'onegevity-order' };
    upgrade(node);
    assert.deepEqual({ ...node }, { ...editorNode({ city: 'Ulm' }), type: 'onegevity-order' });
  });
});
