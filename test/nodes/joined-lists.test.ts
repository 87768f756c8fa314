import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import configNode from '../../src/nodes/onegevity-config';
import orderNode from '../../src/nodes/onegevity-order';
import patientNode from '../../src/nodes/onegevity-patient';
import requestNode from '../../src/nodes/onegevity-request';
import { helper, messages, nextMessage, useHelper, type NodeModule } from '../support/helper';
import { type Answer, json, TestServer } from '../support/http-server';

const load = createRequire(__filename);
const core = [
  'common/25-catch',
  'function/15-change',
  'sequence/17-split',
  'sequence/18-sort',
  'sequence/19-batch',
  'parsers/70-CSV',
].map((name) => load(`@node-red/nodes/core/${name}.js`) as NodeModule);
const nodes = [configNode, patientNode, orderNode, requestNode, ...core];
const credentials = { c: { clientId: 'id', clientSecret: 'secret' } };

interface Part {
  id: string;
  index: number;
  count?: number;
}
interface Item {
  patientIdentifier?: string;
  orderIdentifier?: string;
}
interface Out extends Record<string, unknown> {
  payload: Item[];
  onegevity: { page: { number: number; total?: number; last: boolean; complete: boolean; parts?: Part } };
}

/**
 * A server with patients, and with orders of each. It answers one patient or order in an order of its own: calls that
 * wait are answered the last one first, as soon as none has come for a turn of the event loop.
 */
class Clinic {
  readonly patients: string[];
  fails: (path: string, page: number) => boolean = () => false;
  announced: number | undefined;
  #waiting: (() => void)[] = [];
  #planned = false;

  constructor(
    count: number,
    readonly ordersOf: (patient: string) => number = () => 0,
    readonly pick: (waiting: number) => number = (waiting) => waiting - 1,
  ) {
    this.patients = Array.from({ length: count }, (_, index) => `P${index}`);
    this.announced = count;
  }

  readonly answer: Answer = (request, response, socket) => {
    const { pathname, searchParams } = new URL(request.url, 'http://x');
    const path = pathname.slice('/api/v1'.length);
    const [number, size] = ['pageNumber', 'pageSize'].map((name) => Number(searchParams.get(name)));
    const page = <T>(all: T[]): T[] => (size ? all.slice((number! - 1) * size, number! * size) : all);
    const reply = (status: number, body: unknown) => json(status, body)(request, response, socket);
    if (this.fails(path, number!)) return this.#later(() => reply(404, {}));
    const [, , patient = '', orders, order] = path.split('/');
    if (!patient) {
      const total = this.announced === undefined ? {} : { totalNumberOfElements: this.announced };
      return reply(200, { patients: page(this.patients).map((id) => ({ patientIdentifier: id })), ...total });
    }
    if (!orders) return this.#later(() => reply(200, { patientIdentifier: patient }));
    if (order) return this.#later(() => reply(200, { orderIdentifier: order }));
    const count = this.ordersOf(patient);
    const all = Array.from({ length: count }, (_, index) => ({ orderIdentifier: `${patient}-O${index}` }));
    return this.#later(() => reply(200, { orders: page(all), totalNumberOfElements: count }));
  };

  #later(reply: () => void): void {
    this.#waiting.push(reply);
    if (this.#planned) return;
    this.#planned = true;
    const next = () => {
      const [one] = this.#waiting.splice(this.pick(this.#waiting.length), 1);
      one?.();
      if (this.#waiting.length > 0) setTimeout(next, 1);
      else this.#planned = false;
    };
    setTimeout(next, 5);
  }
}

const listPatients = (more: object = {}) => ({
  id: 'list',
  type: 'onegevity-patient',
  operation: 'listPatients',
  paging: 'items',
  pageSize: 10,
  ...more,
});
const getPatient = (next: string) => ({
  id: 'get',
  type: 'onegevity-patient',
  operation: 'patientDetails',
  wires: [[next]],
});
const listOrders = (more: object) => ({
  id: 'orders',
  type: 'onegevity-order',
  operation: 'listPatientOrders',
  paging: 'items',
  pageSize: 2,
  ...more,
});
const getOrder = (next: string) => ({
  id: 'order',
  type: 'onegevity-order',
  operation: 'patientOrderDetails',
  fields: { patientIdentifier: { type: 'previous' } },
  wires: [[next]],
});
const join = (id: string, next: string) => ({ id, type: 'join', mode: 'auto', wires: [[next]] });
/** Without the holes that join leaves where nothing came. */
const count = (items: unknown) => (items as unknown[]).filter((item) => item !== undefined).length;
const ids = (items: Item[]) =>
  items.map((item) => item.orderIdentifier ?? item.patientIdentifier).sort((a, b) => a!.localeCompare(b!));

describe('A list that core nodes put together again', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  async function start(clinic: Clinic, ...flow: object[]): Promise<void> {
    server.answers = [clinic.answer];
    const config = { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url };
    await helper.load(
      nodes,
      [
        { id: 'tab', type: 'tab', label: 'tab' },
        { ...config, concurrency: 8 },
        ...flow.map((node) => ({ z: 'tab', config: 'c', wires: [], ...node })),
        { id: 'out', z: 'tab', type: 'helper', wires: [] },
        { id: 'out2', z: 'tab', type: 'helper', wires: [] },
      ] as never[],
      credentials,
    );
  }

  /** Lets whatever is still on its way arrive. */
  async function rest(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  for (const [name, more] of [
    ['in several pages', { pageSize: 10 }],
    ['in one page', { pageSize: 100 }],
  ] as const) {
    it(`gets all 31 patients ${name}, with a cold and with a warm token`, async () => {
      const clinic = new Clinic(31);
      await start(
        clinic,
        listPatients({ ...more, wires: [['get']] }),
        getPatient('joiner'),
        join('joiner', 'out'),
      );
      for (let round = 0; round < 2; round++) {
        const joined = nextMessage('out');
        helper.getNode('list').receive({ payload: '' });
        assert.deepEqual(ids(((await joined) as Out).payload), [...clinic.patients].sort());
      }
      await rest();
    });
  }

  it('gets all of them in whatever order the calls end', async () => {
    let seed = 1;
    const random = (waiting: number) => (seed = (seed * 16807) % 2147483647) % waiting;
    const clinic = new Clinic(31, undefined, random);
    await start(clinic, listPatients({ wires: [['get']] }), getPatient('joiner'), join('joiner', 'out'));
    for (let round = 0; round < 5; round++) {
      const joined = nextMessage('out');
      helper.getNode('list').receive({ payload: '' });
      assert.equal(count(((await joined) as Out).payload), 31);
    }
  });

  it('sorts all of them', async () => {
    const sort = { id: 'sorter', type: 'sort', target: '', targetType: 'seq', seqKey: 'parts.index' };
    await start(new Clinic(31), listPatients({ wires: [['get']] }), getPatient('sorter'), {
      ...sort,
      msgKeyType: 'elem',
      seqKeyType: 'msg',
      wires: [['out']],
    });
    const sorted = messages('out', 31);
    helper.getNode('list').receive({ payload: '' });
    assert.deepEqual(
      (await sorted).map(({ payload }) => (payload as Item).patientIdentifier),
      new Clinic(31).patients,
    );
  });

  it('batches all of them by topic, and in tens where a sort stands before', async () => {
    const sort = { id: 'sorter', type: 'sort', targetType: 'seq', seqKey: 'parts.index', seqKeyType: 'msg' };
    await start(
      new Clinic(31),
      listPatients({ wires: [['get']] }),
      { ...getPatient('concat'), wires: [['topical', 'sorter']] },
      { id: 'topical', type: 'batch', mode: 'concat', topics: [{ topic: 'night' }], wires: [['j1']] },
      { ...sort, wires: [['tens']] },
      { id: 'tens', type: 'batch', mode: 'count', count: 10, honourParts: true, wires: [['j2']] },
      join('j1', 'out'),
      join('j2', 'out2'),
    );
    const [joined, tens] = [nextMessage('out'), messages('out2', 4)];
    helper.getNode('list').receive({ payload: '', topic: 'night' });
    assert.equal(count(((await joined) as Out).payload), 31);
    assert.deepEqual(
      (await tens).map(({ payload }) => count(payload)),
      [10, 10, 10, 1],
    );
  });

  for (const paging of ['pages', 'items'] as const) {
    it(`sends no msg.complete with ${paging}, and tells of the end under msg.onegevity.page`, async () => {
      await start(new Clinic(31), listPatients({ paging, wires: [['out']] }));
      const size = paging === 'pages' ? 4 : 31;
      const all = messages('out', size);
      // A group that the list's own message is part of ends elsewhere.
      helper.getNode('list').receive({ payload: '', complete: true });
      const got = (await all) as Out[];
      assert.ok(got.every((msg) => !('complete' in msg)));
      assert.deepEqual(
        got.map(({ parts }) => (parts as Part).count),
        got.map(() => size),
      );
      assert.deepEqual(
        got.map(({ onegevity }) => onegevity.page.last),
        got.map((_, index) => index === size - 1),
      );
      assert.ok(got.every(({ onegevity }) => onegevity.page.complete && onegevity.page.total === 31));
      assert.equal(new Set(got.map(({ _msgid }) => _msgid)).size, size);
    });
  }

  it('streams a long list, whose size the messages of its last page carry', async () => {
    await start(
      new Clinic(1050),
      listPatients({ pageSize: 100, wires: [['out', 'joiner']] }),
      join('joiner', 'out2'),
    );
    const [all, joined] = [messages('out', 1050), nextMessage('out2')];
    helper.getNode('list').receive({ payload: '' });
    const counts = (await all).map(({ parts }) => (parts as Part).count);
    assert.deepEqual([...new Set(counts)], [undefined, 1050]);
    assert.equal(counts.indexOf(1050), 1000);
    assert.equal(count(((await joined) as Out).payload), 1050);
  });

  it('joins a list that ends before the announced total, and says that it is not complete', async () => {
    const clinic = new Clinic(31);
    clinic.announced = 40;
    await start(clinic, listPatients({ wires: [['get']] }), getPatient('joiner'), join('joiner', 'out'));
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    const { payload, onegevity } = (await joined) as Out;
    assert.equal(count(payload), 31);
    assert.equal(onegevity.page.complete, false);
  });

  for (const announced of [0, 10, 30]) {
    it(`joins a whole list whose announced total is ${announced}, which is too small`, async () => {
      const clinic = new Clinic(31);
      clinic.announced = announced;
      await start(clinic, listPatients({ wires: [['get']] }), getPatient('joiner'), join('joiner', 'out'));
      const joined = nextMessage('out');
      helper.getNode('list').receive({ payload: '' });
      const { payload, onegevity } = (await joined) as Out;
      assert.equal(count(payload), 31);
      assert.equal(onegevity.page.complete, true);
    });
  }

  it('takes over nothing from its message that would end or empty a group', async () => {
    const clinic = new Clinic(31);
    await start(clinic, listPatients({ wires: [['get']] }), getPatient('joiner'), join('joiner', 'out'));
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '', complete: true, reset: true, restartTimeout: true });
    assert.equal(count(((await joined) as Out).payload), 31);
  });

  it('joins a long list behind slow calls, two at the same time', async () => {
    const clinic = new Clinic(300);
    await start(
      clinic,
      listPatients({ pageSize: 100, wires: [['get']] }),
      getPatient('joiner'),
      join('joiner', 'out'),
    );
    const joined = messages('out', 2);
    for (const payload of ['', '']) helper.getNode('list').receive({ payload });
    for (const { payload } of await joined) assert.equal(count(payload), 300);
  });

  it('joins a list whose total is not announced', async () => {
    const clinic = new Clinic(31);
    clinic.announced = undefined;
    await start(clinic, listPatients({ wires: [['get']] }), getPatient('joiner'), join('joiner', 'out'));
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    assert.equal(count(((await joined) as Out).payload), 31);
  });

  it('joins what maxPages lets through', async () => {
    const list = listPatients({ maxPages: 2, wires: [['get']] });
    await start(new Clinic(31), list, getPatient('joiner'), join('joiner', 'out'));
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    const { payload, onegevity } = (await joined) as Out;
    assert.deepEqual([count(payload), onegevity.page.complete], [20, false]);
  });

  it('joins an empty list to an empty array', async () => {
    await start(new Clinic(0), listPatients({ wires: [['joiner']] }), join('joiner', 'out'));
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    assert.deepEqual(((await joined) as Out).payload, []);
  });

  it('joins all lists of a list, each by itself, and then all of them', async () => {
    await start(
      new Clinic(12, () => 3),
      listPatients({ wires: [['orders']] }),
      listOrders({ wires: [['order']] }),
      getOrder('inner'),
      join('inner', 'outer'),
      join('outer', 'out'),
    );
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    const groups = ((await joined) as unknown as { payload: Item[][] }).payload;
    assert.deepEqual(
      groups.map(ids),
      new Clinic(12).patients.map((id) => [0, 1, 2].map((index) => `${id}-O${index}`)),
    );
  });

  for (const paging of ['all', 'single', 'pages'] as const) {
    it(`emits once for all patients where the orders of each are read as ${paging}`, async () => {
      const more = paging === 'pages' ? { pageSize: 10, maxPages: 1 } : {};
      await start(
        new Clinic(31, () => 2),
        listPatients({ wires: [['orders']] }),
        listOrders({ paging, ...more, wires: [['inner']] }),
        paging === 'pages' ? join('inner', 'outer') : { id: 'inner', type: 'change', wires: [['outer']] },
        join('outer', 'out'),
      );
      let emitted = 0;
      helper.getNode('out').on('input', () => emitted++);
      const joined = nextMessage('out');
      helper.getNode('list').receive({ payload: '' });
      assert.equal(count(((await joined) as Out).payload), 31);
      await rest();
      assert.equal(emitted, 1);
    });
  }

  it('keeps a place for each item whose call fails, and for each empty list, if Catch is wired to join', async () => {
    const clinic = new Clinic(6, (patient) => (patient === 'P2' ? 0 : 3));
    clinic.fails = (path) => path === '/patients/P4/orders/P4-O1';
    await start(
      clinic,
      listPatients({ wires: [['orders']] }),
      listOrders({ wires: [['order']] }),
      getOrder('inner'),
      { id: 'catcher', type: 'catch', scope: ['order'], wires: [['inner']] },
      join('inner', 'outer'),
      join('outer', 'out'),
    );
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: '' });
    const groups = ((await joined) as unknown as { payload: Item[][] }).payload;
    assert.deepEqual(groups.map(count), [3, 3, 0, 3, 3, 3]);
  });

  it('sends what came before a page that fails, and joins nothing', async () => {
    const clinic = new Clinic(31);
    clinic.fails = (path, page) => path === '/patients' && page === 3;
    await start(
      clinic,
      listPatients({ wires: [['out', 'joiner']] }),
      join('joiner', 'out2'),
      { id: 'catcher', type: 'catch', scope: ['list'], wires: [['caught']] },
      { id: 'caught', type: 'helper' },
    );
    let joined = 0;
    helper.getNode('out2').on('input', () => joined++);
    const [sent, caught] = [messages('out', 20), nextMessage('caught')];
    helper.getNode('list').receive({ payload: 'mine', parts: { id: 'outer', index: 4 } });
    const [{ parts }] = (await sent) as unknown as [{ parts: Part }];
    const failed = (await caught) as Out;
    assert.equal(failed.payload, 'mine');
    assert.deepEqual(failed.parts, { id: 'outer', index: 4 });
    assert.deepEqual(failed.onegevity.page, {
      number: 3,
      last: true,
      complete: false,
      parts: { id: parts.id, type: 'array', index: 20, count: 21, parts: { id: 'outer', index: 4 } },
    });
    await rest();
    assert.equal(joined, 0);
  });

  it('gives a join the missing end of a list whose page fails, if Catch sets its parts', async () => {
    const clinic = new Clinic(31);
    clinic.fails = (path, page) => path === '/patients' && page === 3;
    await start(
      clinic,
      listPatients({ wires: [['get']] }),
      getPatient('joiner'),
      { id: 'catcher', type: 'catch', scope: ['list'], wires: [['parts']] },
      {
        id: 'parts',
        type: 'change',
        rules: [{ t: 'set', p: 'parts', pt: 'msg', to: 'onegevity.page.parts', tot: 'msg' }],
        wires: [['joiner']],
      },
      join('joiner', 'out'),
    );
    const joined = nextMessage('out');
    helper.getNode('list').receive({ payload: 'failed' });
    const { payload } = (await joined) as Out;
    assert.deepEqual([count(payload), payload[20]], [21, 'failed']);
  });

  it('keeps two lists that began with one message apart', async () => {
    const second = { ...listPatients({ wires: [['joiner']] }), id: 'second' };
    const begin = { id: 'begin', type: 'change', wires: [['list', 'second']] };
    await start(new Clinic(12), begin, listPatients({ wires: [['joiner']] }), second, join('joiner', 'out'));
    const joined = messages('out', 2);
    helper.getNode('begin').receive({ payload: '' });
    assert.deepEqual(
      (await joined).map(({ payload }) => count(payload)),
      [12, 12],
    );
  });
});

describe('A group whose last message carries msg.complete', () => {
  let server: TestServer;
  useHelper();
  beforeEach(async () => {
    server = await TestServer.start();
  });
  afterEach(() => server.stop());

  for (const node of [
    { id: 'get', type: 'onegevity-patient', operation: 'patientDetails' },
    { id: 'get', type: 'onegevity-order', operation: 'listPatientOrders', paging: 'all' },
    {
      id: 'get',
      type: 'onegevity-request',
      method: 'GET',
      fields: { path: { type: 'jsonata', value: '"/patients/" & payload.patientIdentifier' } },
    },
  ]) {
    it(`is whole behind ${node.type} (${node.operation ?? 'any path'})`, async () => {
      server.answers = [new Clinic(0, () => 1).answer];
      await helper.load(
        nodes,
        [
          { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url, concurrency: 8 },
          { ...node, config: 'c', wires: [['joiner']] },
          // As core csv marks its last row, and as flows end a group whose size they do not know.
          { id: 'joiner', type: 'join', mode: 'custom', build: 'array', count: '', wires: [['out']] },
          { id: 'out', type: 'helper', wires: [] },
        ] as never[],
        credentials,
      );
      let emitted = 0;
      helper.getNode('out').on('input', () => emitted++);
      const joined = nextMessage('out');
      for (let index = 0; index < 20; index++) {
        const payload = { patientIdentifier: `P${index}` };
        helper.getNode('get').receive({ payload, ...(index === 19 ? { complete: true } : {}) });
      }
      assert.equal(count(((await joined) as Out).payload), 20);
      assert.equal(emitted, 1);
    });
  }

  it('is whole too if that message fails and Catch is wired to the join', async () => {
    server.answers = [new Clinic(0).answer];
    await helper.load(
      nodes,
      [
        { id: 'tab', type: 'tab', label: 'tab' },
        { id: 'c', type: 'onegevity-config', environment: 'custom', baseUrl: server.url, concurrency: 8 },
        {
          id: 'get',
          z: 'tab',
          type: 'onegevity-patient',
          operation: 'patientDetails',
          config: 'c',
          wires: [['joiner']],
        },
        { id: 'catcher', z: 'tab', type: 'catch', scope: ['get'], wires: [['joiner']] },
        {
          id: 'joiner',
          z: 'tab',
          type: 'join',
          mode: 'custom',
          build: 'array',
          count: '',
          wires: [['out']],
        },
        { id: 'out', z: 'tab', type: 'helper', wires: [] },
      ] as never[],
      credentials,
    );
    const joined = nextMessage('out');
    for (let index = 0; index < 10; index++) {
      const last = index === 9;
      const payload = { patientIdentifier: last ? 'undefined' : `P${index}` };
      helper.getNode('get').receive({ payload, ...(last ? { complete: true } : {}) });
    }
    assert.equal(count(((await joined) as Out).payload), 10);
  });
});
