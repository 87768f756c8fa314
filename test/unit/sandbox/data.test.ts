import assert from 'node:assert/strict';
import { Store } from '../../../src/sandbox/domain/store';

const everybody = (store: Store, count: number) =>
  store.patients(0, count).map(({ patientIdentifier }) => store.read(patientIdentifier)!);

describe("The sandbox's made-up data", () => {
  it('are the same for the same seed, and others for another one', () => {
    const data = (seed: number): string => JSON.stringify(everybody(new Store(seed, 25), 25));
    assert.equal(data(7), data(7));
    assert.notEqual(data(7), data(8));
  });

  it('do not depend on how many patients there are, nor on the day', () => {
    const [few, many] = [new Store(1, 25), new Store(1, 100_000)];
    assert.deepEqual(few.read('SB-000025'), many.read('SB-000025'));
    assert.ok(Date.parse(few.read('SB-000025')?.orders[0]?.order.createdTimestamp ?? '') < Date.UTC(2026, 0));
  });

  it('have patients, orders, reports and recommendations in different stages', () => {
    const patients = everybody(new Store(1, 25), 25);
    assert.equal(patients.length, 25);
    const orders = patients.flatMap((patient) => patient.orders);
    const elements = orders.flatMap(({ order }) => order.elements);
    const has = (type: string) =>
      new Set(elements.filter((element) => element.type === type).map(({ status }) => status as string));
    assert.ok(has('kit').size >= 4, [...has('kit')].join(' '));
    assert.ok(has('labVisit').size >= 3, [...has('labVisit')].join(' '));
    assert.ok(has('survey').size >= 2, [...has('survey')].join(' '));
    const shipments = new Set(orders.flatMap(({ fulfillment }) => fulfillment?.status ?? []));
    assert.deepEqual([...shipments].sort(), ['ACCEPTED', 'CANCELED', 'REJECTED', 'REQUESTED', 'SHIPPED']);
    assert.ok(orders.some(({ order }) => order.completed) && orders.some(({ order }) => !order.completed));
    assert.ok(patients.some((patient) => patient.orders.length === 0));
    assert.ok(patients.some((patient) => patient.reports.length > 1));
    const kinds = patients.flatMap((patient) =>
      patient.recommendations.map(({ recommendationType }) => recommendationType),
    );
    assert.deepEqual([...new Set(kinds)].sort(), ['diet', 'lifestyle', 'product']);
  });

  it('make sense together: values lie in the range that their risk says, and high ones are in the summary', () => {
    for (const patient of everybody(new Store(3, 60), 60)) {
      for (const { details } of patient.reports) {
        const results = details.bodySections.flatMap((section) => section.results ?? []);
        assert.ok(results.length > 0);
        for (const result of results) {
          const { range, value, riskClassification } = result;
          if (range?.rangeType !== 'numeric' || range.timeSensitive || typeof value !== 'number') continue;
          const bounds = range.bounds?.filter(({ selected }) => selected !== false) ?? [];
          const fitting = bounds.filter(({ lower, upper }) => {
            const above = !lower || (lower.inclusive ? value >= lower.value : value > lower.value);
            return above && (!upper || (upper.inclusive ? value <= upper.value : value < upper.value));
          });
          assert.deepEqual(
            fitting.map(({ risk }) => risk),
            [riskClassification],
            `${result.name} ${value}`,
          );
        }
        const high = results.filter(({ riskClassification }) => riskClassification === 'HIGH');
        assert.equal(details.summarySection.alerts?.length, high.length);
      }
    }
  });

  it('name nobody who could exist', () => {
    for (const { patient } of everybody(new Store(1, 200), 200)) {
      assert.match(patient.email ?? '', /@example\.com$/);
      assert.match(patient.phoneNumber ?? '', /^\d{3}-555-01\d\d$/);
      assert.equal(patient.address?.postalCode, '00000');
    }
  });

  it('can be 100,000 patients', () => {
    const store = new Store(1, 100_000);
    assert.equal(store.patientCount, 100_000);
    assert.equal(store.patients(99_990, 200_000).length, 10);
    assert.equal(store.read('SB-100000')?.patient.id, 200_000);
    assert.equal(store.read('SB-100001'), undefined);
    for (const other of ['SB-000000', 'SB-1', 'SB-0000001', 'sb-000001', '']) {
      assert.equal(store.read(other), undefined, other);
    }
  });

  it('can be browsed: what changed last first, and by parts of identifiers and names', () => {
    const store = new Store(1, 25);
    store.edit('SB-000020');
    store.edit('SB-000010');
    const names = (search: string, start = 0, end = 4): string[] =>
      store.browse(search, start, end).patients.map(({ patient }) => patient.patientIdentifier);
    assert.deepEqual(names(''), ['SB-000010', 'SB-000020', 'SB-000001', 'SB-000002']);
    assert.deepEqual(names('', 10, 12), ['SB-000009', 'SB-000011']);
    assert.deepEqual(names('sb-00001'), ['SB-000010', 'SB-000011', 'SB-000012', 'SB-000013']);
    assert.equal(store.browse('sb-00001', 0, 4).total, 10);
    assert.equal(store.browse('', 0, 4).total, 25);
    assert.equal(store.browse('nobody', 0, 4).total, 0);
  });
});
