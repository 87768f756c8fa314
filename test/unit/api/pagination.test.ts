import assert from 'node:assert/strict';
import { operations } from '../../../src/generated/operations';
import type { ApiClient, ApiResponse } from '../../../src/lib/api/client';
import { OnegevityError } from '../../../src/lib/errors';
import { itemsOf, type Page, readPages } from '../../../src/lib/api/pagination';

const item = (id: number) => ({ patientIdentifier: `P${id}` });

/** A list of the API that answers by page number. */
class List {
  readonly asked: unknown[] = [];
  constructor(private readonly answer: (pageNumber: number, pageSize: number) => unknown) {}

  call(_operation: unknown, { pageNumber, pageSize }: Record<string, number>): Promise<ApiResponse> {
    this.asked.push(pageNumber);
    const body = this.answer(pageNumber!, pageSize!);
    return body instanceof Error ? Promise.reject(body) : Promise.resolve({ statusCode: 200, body });
  }
}

/** Reads a list to its end. @returns pages, and the code of the error that ended it */
async function readAll(list: List, pageSize = 2, maxPages = 0): Promise<{ pages: Page[]; code?: string }> {
  const pages: Page[] = [];
  const client = list as unknown as ApiClient;
  try {
    for await (const page of readPages(client, operations.listPatients, {}, { pageSize, maxPages }))
      pages.push(page);
    return { pages };
  } catch (error) {
    assert.ok(error instanceof OnegevityError);
    return { pages, code: error.code };
  }
}

const summary = (pages: Page[]) =>
  pages.map(({ items, last, complete }) => [items.length, last, complete] as const);

/** `count` items in pages, announced as `total` (or not at all). */
const paged =
  (count: number, total?: number) =>
  (number: number, size: number): unknown => {
    const ids = Array.from({ length: count }, (_, index) => index).slice((number - 1) * size, number * size);
    return { patients: ids.map(item), ...(total === undefined ? {} : { totalNumberOfElements: total }) };
  };

describe('Reading a list page by page', () => {
  it('ends with the item that the total announced, without asking for more', async () => {
    const list = new List(paged(3, 3));
    assert.deepEqual(summary((await readAll(list)).pages), [
      [2, false, false],
      [1, true, true],
    ]);
    assert.deepEqual(list.asked, [1, 2]);
    assert.deepEqual(
      (await readAll(new List(paged(4, 4)))).pages.map(({ total }) => total),
      [4, 4],
    );
  });

  it('asks for one more page if the last one that was announced is full', async () => {
    const list = new List(paged(4, 4));
    assert.deepEqual(summary((await readAll(list)).pages), [
      [2, false, false],
      [2, true, true],
    ]);
    assert.deepEqual(list.asked, [1, 2, 3]);
  });

  describe('loses no item to a total that is too small', () => {
    const totals: Record<string, (page: unknown[], number: number) => number> = {
      '0': () => 0,
      '1': () => 1,
      'the number of items in the page': (page) => page.length,
      'the number of items that are left': (_, number) => 5 - 2 * (number - 1),
      'a total that shrinks': (_, number) => 3 - number,
    };
    for (const [name, total] of Object.entries(totals)) {
      it(name, async () => {
        const list = new List((number, size) => {
          const { patients } = paged(5)(number, size) as { patients: unknown[] };
          return { patients, totalNumberOfElements: total(patients, number) };
        });
        const { pages, code } = await readAll(list);
        assert.equal(code, undefined);
        assert.equal(pages.flatMap(({ items }) => items).length, 5);
        assert.deepEqual(summary(pages).at(-1), [1, true, true]);
      });
    }
  });

  it('takes an error or the same page again for the end, if all that was announced has come', async () => {
    const beyond = [new OnegevityError('not_found'), new OnegevityError('validation'), paged(4, 4)(2, 2)];
    for (const answer of beyond) {
      const list = new List((number, size) => (number > 2 ? answer : paged(4, 4)(number, size)));
      const { pages, code } = await readAll(list);
      assert.equal(code, undefined);
      assert.deepEqual(summary(pages), [
        [2, false, false],
        [2, true, true],
      ]);
    }
    const broken = new List((number, size) =>
      number > 2 ? new OnegevityError('server_error') : paged(4, 4)(number, size),
    );
    assert.equal((await readAll(broken)).code, 'server_error');
  });

  it('says that it is not complete if an earlier page announced more than came', async () => {
    const list = new List((number, size) => paged(3, number === 1 ? 9 : 3)(number, size));
    assert.deepEqual(summary((await readAll(list)).pages).at(-1), [1, true, false]);
  });

  it('ends at an empty page, whose predecessor is marked as the last', async () => {
    const list = new List(paged(4));
    assert.deepEqual(summary((await readAll(list)).pages), [
      [2, false, false],
      [2, true, true],
    ]);
    assert.deepEqual(list.asked, [1, 2, 3]);
  });

  it('goes on after a page that is not full: the server may give fewer than asked for', async () => {
    const list = new List((number) => paged(3)(number, 1));
    assert.equal((await readAll(list, 100)).pages.length, 3);
  });

  it('gives an empty list as one empty page', async () => {
    for (const total of [undefined, 0]) {
      const list = new List(paged(0, total));
      const { pages } = await readAll(list);
      assert.deepEqual(summary(pages), [[0, true, true]]);
      assert.deepEqual([pages[0]?.total, 'total' in pages[0]!], [total, total !== undefined]);
      assert.deepEqual(list.asked, [1]);
    }
  });

  it('says that it is not complete where fewer items came than were announced', async () => {
    const { pages, code } = await readAll(new List(paged(3, 9)));
    assert.equal(code, undefined);
    assert.deepEqual(summary(pages), [
      [2, false, false],
      [1, true, false],
    ]);
    assert.deepEqual(summary((await readAll(new List(paged(0, 9)))).pages), [[0, true, false]]);
  });

  it('reads on where the total is not known, whatever is said instead of it', async () => {
    for (const totalNumberOfElements of [-1, '4', null, {}]) {
      const list = new List((number, size) => ({
        ...(paged(4)(number, size) as object),
        totalNumberOfElements,
      }));
      const { pages } = await readAll(list);
      assert.equal(pages.flatMap(({ items }) => items).length, 4, JSON.stringify(totalNumberOfElements));
    }
  });

  it('ends with an error where the same page comes again and again, the page handed out', async () => {
    for (const same of [paged(9, 9), paged(9)]) {
      const list = new List((_, size) => same(1, size));
      const { pages, code } = await readAll(list);
      assert.equal(code, 'page_repeated');
      assert.deepEqual(summary(pages), [[2, false, false]]);
      assert.equal(list.asked.length, 2);
    }
  });

  it('ends with an error where pages come in a circle', async () => {
    const list = new List((number, size) => paged(9)(((number - 1) % 3) + 1, size));
    const { pages, code } = await readAll(list);
    assert.equal(code, 'page_repeated');
    assert.deepEqual(
      pages.map(({ number, last }) => [number, last]),
      [1, 2, 3].map((number) => [number, false]),
    );
  });

  it('takes a list that has no pages for complete', async () => {
    const list = new List(() => ({ patients: [item(1)] }));
    assert.deepEqual(summary((await readAll(list)).pages), [[1, true, true]]);
  });

  it('takes no repetition for a whole list that has a total, or that has gone on', async () => {
    const announced = new List(() => ({ patients: [item(1)], totalNumberOfElements: 5 }));
    assert.equal((await readAll(announced)).code, 'page_repeated');
    const circle = new List((number) => ({ patients: [item(number % 2)] }));
    assert.equal((await readAll(circle, 100)).code, 'page_repeated');
  });

  it('reads a bare list', async () => {
    const list = new List((number) => (number === 1 ? [item(1)] : []));
    assert.deepEqual(summary((await readAll(list)).pages), [[1, true, true]]);
  });

  it('ends with the error of page 7 of 10, six pages handed out', async () => {
    const list = new List((number, size) =>
      number === 7 ? new OnegevityError('server_error') : paged(20, 20)(number, size),
    );
    const { pages, code } = await readAll(list);
    assert.equal(code, 'server_error');
    assert.deepEqual(
      pages.map(({ number, last }) => [number, last]),
      [1, 2, 3, 4, 5, 6].map((number) => [number, false]),
    );
  });

  it('stops at maxPages and says that there may be more', async () => {
    const list = new List(paged(20, 20));
    assert.deepEqual(summary((await readAll(list, 2, 2)).pages), [
      [2, false, false],
      [2, true, false],
    ]);
    assert.deepEqual(list.asked, [1, 2]);
    assert.deepEqual(summary((await readAll(new List(paged(4, 4)), 2, 2)).pages).at(-1), [2, true, true]);
  });

  it('waits before each further page', async () => {
    const list = new List(paged(5, 5));
    const pages = readPages(
      list as unknown as ApiClient,
      operations.listPatients,
      {},
      {
        pageSize: 2,
        maxPages: 0,
        ready: () => Promise.resolve(void list.asked.push('ready')),
      },
    );
    while (!(await pages.next()).done);
    assert.deepEqual(list.asked, [1, 'ready', 2, 'ready', 3]);
  });

  describe('finds the items', () => {
    const find = (body: unknown, operation = operations.listPatients) =>
      itemsOf(operation, { statusCode: 200, body });

    it('under the presumed name, under the only list there is, or in a bare list', () => {
      for (const body of [{ patients: [1] }, { content: [1], pageNumber: 1 }, [1]])
        assert.deepEqual(find(body), [1]);
      assert.deepEqual(find({ totalNumberOfElements: 0 }), []);
      assert.deepEqual(find({ others: [1], totalNumberOfElements: 0 }), [1]);
    });

    it('under a documented name only', () => {
      assert.deepEqual(find({ orders: [1] }, operations.listPatientOrders), [1]);
      for (const body of [
        {},
        [],
        [1],
        { others: [1] },
        { orders: {} },
        { orders: 'x', numberOfElements: 0 },
      ]) {
        assert.throws(() => find(body, operations.listPatientOrders), { code: 'bad_response' });
      }
    });

    it('none where the response says that there are none', () => {
      for (const body of [
        { orders: [] },
        { numberOfElements: 0 },
        { orders: null, pageNumber: 1, totalNumberOfElements: 0 },
      ]) {
        assert.deepEqual(find(body, operations.listPatientOrders), []);
      }
      const empty = { statusCode: 204, body: null };
      assert.deepEqual(itemsOf(operations.listPatientOrders, empty), []);
      assert.deepEqual(itemsOf(operations.listPatients, empty), []);
    });

    for (const body of [null, 'x', 5, {}, { patients: {} }, { a: [], b: [] }]) {
      it(`or says that the answer is no list: ${JSON.stringify(body)}`, () => {
        assert.throws(() => find(body), { code: 'bad_response', statusCode: 200 });
      });
    }
  });
});
