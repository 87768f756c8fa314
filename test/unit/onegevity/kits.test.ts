import assert from 'node:assert/strict';
import { chooseKit, chooseLabVisit, elementsOf, hasNamedElements } from '../../../src/lib/onegevity/kits';

const kit = (id: string, status: string) => ({ type: 'kit', packageElementIdentifier: id, status });
const visit = (id: string, status: string) => ({ type: 'labVisit', packageElementIdentifier: id, status });
const order = (...elements: unknown[]) => ({ orderIdentifier: 'O1', elements });
const chosen = (choice: { element: { packageElementIdentifier?: unknown }; alreadyDone: boolean }) => [
  choice.element.packageElementIdentifier,
  choice.alreadyDone,
];

describe('the kit that is meant', () => {
  for (const status of ['UNREGISTERED', 'NOT_ACTIVATED']) {
    it(`is the only one that is ${status}, whatever else the order holds`, () => {
      const others = [kit('K2', 'ACTIVATED'), kit('K3', 'CANCELED'), visit('V1', 'NOT_ACTIVATED')];
      assert.deepEqual(chosen(chooseKit(order(...others, kit('K1', status)), undefined)), ['K1', false]);
    });
  }

  for (const status of ['ACTIVATED', 'AT_LAB', 'COMPLETED']) {
    it(`is active already where all are, such as ${status}`, () => {
      assert.deepEqual(chosen(chooseKit(order(kit('K1', status)), undefined)), ['K1', true]);
      const both = order(kit('K1', status), kit('K2', 'COMPLETED'));
      assert.deepEqual(chosen(chooseKit(both, undefined)), ['K1', true]);
      assert.deepEqual(chosen(chooseKit(both, 'K2')), ['K2', true]);
    });
  }

  it('is not guessed among several', () => {
    const both = order(kit('K1', 'NOT_ACTIVATED'), kit('K2', 'UNREGISTERED'));
    assert.throws(() => chooseKit(both, undefined), { code: 'several_kits' });
    assert.deepEqual(chosen(chooseKit(both, 'K2')), ['K2', false]);
  });

  it('is none where none can be activated and not all are active', () => {
    for (const elements of [
      [],
      [kit('K1', 'CANCELED')],
      [kit('K1', 'ACTIVATED'), kit('K2', 'CANCELED')],
      [kit('K1', 'whatever comes')],
      [visit('V1', 'NOT_ACTIVATED')],
    ]) {
      assert.throws(() => chooseKit(order(...elements), undefined), { code: 'no_kit' });
    }
  });

  it('is the one that is named, be its identifier a number', () => {
    const one = order({ ...kit('', 'ACTIVATED'), packageElementIdentifier: 7 });
    assert.deepEqual(chosen(chooseKit(one, '7')), [7, true]);
  });

  it('has an identifier, without which it could not be named in a write', () => {
    const nameless = { type: 'kit', status: 'NOT_ACTIVATED' };
    assert.equal(hasNamedElements(order(kit('K1', ''), visit('V1', '')), 'kit'), true);
    assert.equal(hasNamedElements(order(nameless), 'labVisit'), true);
    for (const one of [order(nameless), {}, null, { elements: {} }]) {
      assert.equal(hasNamedElements(one, 'kit'), false);
    }
  });

  it('is the one that is named, or an error', () => {
    const one = order(kit('K1', 'CANCELED'), visit('V1', 'NOT_ACTIVATED'));
    assert.deepEqual(chosen(chooseKit(one, 'K1')), ['K1', false]);
    for (const other of ['K2', 'V1', '']) {
      assert.throws(() => chooseKit(one, other), { code: 'kit_not_found' });
    }
  });
});

describe('the lab visit that is meant', () => {
  it('is the only one that is not over', () => {
    const all = order(visit('V1', 'ATTENDED'), visit('V2', 'COMPLETED'), visit('V3', 'SCHEDULED'));
    assert.deepEqual(chosen(chooseLabVisit(all, undefined)), ['V3', false]);
    assert.deepEqual(chosen(chooseLabVisit(all, 'V1')), ['V1', false]);
  });

  it('is not guessed', () => {
    const open = order(visit('V1', 'SCHEDULED'), visit('V2', 'NEW'));
    assert.throws(() => chooseLabVisit(open, undefined), { code: 'several_lab_visits' });
    for (const elements of [[], [visit('V1', 'ATTENDED')], [kit('K1', 'NOT_ACTIVATED')]]) {
      assert.throws(() => chooseLabVisit(order(...elements), undefined), { code: 'no_lab_visit' });
    }
    assert.throws(() => chooseLabVisit(open, 'K1'), { code: 'kit_not_found' });
  });
});

describe('the elements of an order', () => {
  it('are none in what is no order', () => {
    for (const none of [undefined, null, 'x', [], {}, { elements: {} }, { elements: [null, 'kit', {}] }]) {
      assert.deepEqual(elementsOf(none, 'kit'), []);
    }
  });
});
