import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../src/generated/operations';
import type { Operation } from '../../src/lib/api/operation';
import { authorityFile, secureServer } from '../support/certificates';
import { raw, type TestServer } from '../support/http-server';
import { type FlowNode, type NodeRed, type ProbeMessage, startNodeRed } from '../support/node-red';

const folder = join(__dirname, '../../examples');

function read(title: string): FlowNode[] {
  const name = readdirSync(folder).find((file) => file.endsWith(` - ${title}.json`));
  assert.ok(name, title);
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as FlowNode[];
}

/** Tells the built-in sandbox what to do wrong. */
async function setFault(running: NodeRed, fault: object): Promise<void> {
  const { status } = await fetch(`${running.url}/onegevity/sandbox/sandbox/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: running.url },
    body: JSON.stringify(fault),
  });
  assert.equal(status, 200);
}

describe('The example', () => {
  let nodeRed: NodeRed | undefined;
  let flows: FlowNode[] = [];
  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  /** Starts an example with a probe in place of each debug node, else as it is or as it is changed. */
  const start = async (title: string, change = (node: FlowNode): FlowNode => node): Promise<NodeRed> => {
    flows = read(title).map(change);
    nodeRed = await startNodeRed({
      env: { NODE_EXTRA_CA_CERTS: authorityFile },
      flows: flows.map((node) =>
        node.type === 'debug' ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] } : node,
      ),
      settings: { onegevitySandboxPace: 0.1 },
    });
    return nodeRed;
  };
  const press = async (name: string): Promise<void> => {
    const button = flows.find((node) => node.type === 'inject' && node.name === name);
    assert.ok(button, name);
    const { status } = await fetch(`${nodeRed?.url}/inject/${button.id}`, { method: 'POST' });
    assert.equal(status, 200);
  };
  const first = ([message]: ProbeMessage[]): ProbeMessage['msg'] => message?.msg;

  describe('"Activate a kit from a form page"', () => {
    const send = async (code: string): Promise<{ status: number; text: string }> => {
      const body = new URLSearchParams({ code });
      const response = await fetch(`${nodeRed?.url}/activate-kit`, { method: 'POST', body });
      return { status: response.status, text: await response.text() };
    };

    it('activates the kit of the typed code, and says what is wrong with another', async () => {
      const running = await start('Activate a kit from a form page');
      await running.waitForMessages('ordered');
      const page = await (await fetch(`${running.url}/activate-kit`)).text();
      assert.match(page, /<form method="post">/);
      assert.doesNotMatch(page, /role="status"/);

      const wrong = await send('<b>no code</b>');
      assert.equal(wrong.status, 400);
      assert.match(wrong.text, /does not belong to your kit/);
      // A telephone may make a long dash of the hyphen.
      assert.match((await send('TH–DEMO')).text, /does not belong to your kit/);
      assert.match((await send(' ')).text, /Please type the code/);
      for (let time = 0; time < 2; time++) {
        const right = await send(' th-demo ');
        assert.equal(right.status, 200, right.text);
        assert.match(right.text, /Your kit is active/);
      }
      const refused = running.messagesOf('not activated').map(({ msg }) => msg.error.code as string);
      assert.deepEqual(refused, ['validation', 'bad_identifier', 'missing_parameter']);
      const { message } = running.messagesOf('not activated')[2]!.msg.error as { message: string };
      assert.match(message, /activationCode \(msg\.payload\.activationCode\) is missing or empty/);
    });
  });

  describe('"Results to a report message"', () => {
    const title = 'Results to a report message';
    let server: TestServer | undefined;
    afterEach(async () => {
      await server?.stop();
      server = undefined;
    });
    /** Retries at once what the example retries after a while. */
    const hasten = (node: FlowNode): FlowNode =>
      node.type === 'onegevity-done' && node.outcome === 'retry' ? { ...node, delay: 0 } : node;
    const listed = {
      fault: 'body',
      operation: 'listPatientOrderReports',
      text: '{"reports":[{"id":7,"name":"Your report"}]}',
    };
    const document = (downloadUrl: unknown): object => ({
      fault: 'body',
      operation: 'patientReportDetails',
      text: JSON.stringify({
        id: 7,
        name: 'Your report',
        relatedDocuments: [{ name: '../a/b:c', downloadUrl }],
      }),
    });
    it('makes one message with the report as a file, also when it is deployed again', async () => {
      const running = await start(title);
      const message = first(await running.waitForMessages('message to the patient', 1, 15_000));
      assert.equal(message.to, 'grace@example.com');
      assert.equal(message.topic, 'Your results are ready');
      assert.match(String(message.payload), /^Dear Grace Example,\n\nyour report ".+" is ready/);
      const [file, ...others] = message.attachments;
      assert.equal(others.length, 0);
      assert.equal(file.filename, 'Report as PDF.pdf');
      assert.equal(Buffer.from(file.content).subarray(0, 5).toString(), '%PDF-');
      await press('Order for Grace');
      const node = flows.find(({ operation }) => operation === 'createPatientOrder');
      await running.waitForStatus(node?.id ?? '', ({ text }) => text === 'conflict');
      assert.deepEqual(running.messagesOf('not ordered'), []);
      assert.deepEqual(running.messagesOf('dead letter'), []);
      assert.equal(running.messagesOf('message to the patient').length, 1);
    });

    it('retries while there is no report yet and while a document cannot be fetched, and sends one message', async () => {
      const running = await start(title, hasten);
      const [noReports, failing] = [
        { fault: 'body', operation: 'listPatientOrderReports', text: '{"reports":[]}', times: 3 },
        // Answered with 404 by the sandbox.
        { ...document('http://127.0.0.1:1/reports/1.pdf'), times: 2 },
      ];
      await setFault(running, noReports);
      await setFault(running, { ...listed, times: 3 });
      await setFault(running, { fault: 'false-success', operation: 'patientReportDetails', times: 1 });
      await setFault(running, { fault: 'false-success', operation: 'patientDetails', times: 1 });
      await setFault(running, failing);
      await running.waitForMessages('message to the patient', 1, 15_000);
      assert.deepEqual(running.messagesOf('dead letter'), []);
      assert.equal(running.messagesOf('message to the patient').length, 1);
    });

    it('follows no redirect, and fetches nothing from a host that is not listed', async () => {
      server = await secureServer('server');
      const hosts = `files.example.com, localhost:${server.port}`;
      server.token = raw(302, '', { location: `${server.url}/elsewhere.pdf` });
      const running = await start(title, (node) =>
        node.type === 'tab'
          ? { ...node, env: [{ name: 'DOCUMENT_HOSTS', type: 'str', value: hosts }] }
          : hasten(node),
      );
      await setFault(running, listed);
      await setFault(running, { ...document(`https://localhost:${server.port}/a.pdf`), times: 1 });
      await setFault(running, document(`${server.url}/b.pdf`));
      const letter = first(await running.waitForMessages('dead letter', 1, 15_000));
      assert.equal(letter.onegevity.delivery.reason, `document host not allowed: 127.0.0.1:${server.port}`);
      assert.equal(letter.onegevity.delivery.attempt, 2);
      assert.deepEqual(
        server.requests.map(({ url, headers }) => [url, headers.authorization]),
        [['/a.pdf', undefined]],
      );
      assert.deepEqual(running.messagesOf('message to the patient'), []);
    });
  });

  describe('"Nightly reconcile"', () => {
    it('finds every complete order of every patient, and each of them once', async () => {
      const running = await start('Nightly reconcile');
      await press('at 3 in the night');
      const end = first(await running.waitForMessages('all patients read'));
      assert.equal(end.parts.count, 25);
      // By the plans of the seeded patients: 1, 7, 11, 13, 15, 21 and 25 have complete orders.
      const handled = await running.waitForMessages('handled', 11);
      assert.equal(new Set(handled.map(({ msg }) => msg.topic as string)).size, 11);
      await press('at 3 in the night');
      await running.waitForMessages('all patients read', 2);
      assert.equal(running.messagesOf('handled').length, 11);
      assert.deepEqual(running.messagesOf('error'), []);
    });
  });

  describe('"Nightly reconcile" after a night in which one report could not be fetched, and one was not there yet', () => {
    it('finds both in the next one', async () => {
      const running = await start('Nightly reconcile');
      const none = { fault: 'body', text: '{"reports":[]}', operation: 'listPatientOrderReports', times: 1 };
      await setFault(running, none);
      await setFault(running, { fault: 'status', status: 404, operation: 'patientReportDetails', times: 1 });
      await setFault(running, { fault: 'false-success', operation: 'patientReportDetails', times: 1 });
      await press('at 3 in the night');
      await running.waitForMessages('handled', 8);
      await running.waitForMessages('error');
      await running.waitForMessages('all patients read');
      assert.equal(running.messagesOf('handled').length, 8);
      await press('at 3 in the night');
      const handled = await running.waitForMessages('handled', 11);
      assert.equal(new Set(handled.map(({ msg }) => msg.topic as string)).size, 11);
      assert.equal(running.messagesOf('error').length, 1);
    });
  });

  describe('"Errors and retries"', () => {
    it('tells the four outcomes apart, and finds out whether an order arrived', async () => {
      const running = await start('Errors and retries');
      await press('good order');
      await running.waitForMessages('ordered');
      await press('good order');
      const known = first(await running.waitForMessages('exists already'));
      assert.equal(known.payload.orderIdentifier, 'DEMO-7-GOOD');

      await press('faulty order');
      const faulty = first(await running.waitForMessages('to be corrected')).onegevity.error;
      assert.equal(faulty.code, 'validation');
      assert.match(String(faulty.fieldErrors[0].fieldName), /kitActivations/);
      await press('incomplete order');
      const [, incomplete] = await running.waitForMessages('to be corrected', 2);
      assert.equal(incomplete?.msg.error.code, 'bad_body');

      await press('cut line');
      // It arrived in that millisecond, or it did not and was sent again: either way it is there, once.
      const settled = await running.waitFor(() => {
        const made = [...running.messagesOf('it had arrived'), ...running.messagesOf('ordered')];
        return made.find(({ msg }) => msg.payload.orderIdentifier === 'DEMO-7-CUT');
      }, 'the order to be settled');
      assert.equal(settled.msg.statusCode < 300, true);
      assert.deepEqual(running.messagesOf('stopped'), []);
    });

    it('reads an order whose outcome is not known, again if the read fails, and orders nothing twice', async () => {
      const running = await start('Errors and retries', (node) =>
        node.name === 'half a minute' ? { ...node, timeout: '0.01' } : node,
      );
      await setFault(running, { fault: 'reset-after', operation: 'createPatientOrder', times: 1 });
      await setFault(running, { fault: 'html', operation: 'patientOrderDetails', times: 2 });
      await press('good order');
      const arrived = first(await running.waitForMessages('it had arrived'));
      assert.equal(arrived.payload.orderIdentifier, 'DEMO-7-GOOD');
      assert.equal(arrived.tries, 1);
      for (const label of ['ordered', 'stopped', 'exists already']) {
        assert.deepEqual(running.messagesOf(label), []);
      }
    });
  });

  describe('"Register many patients from a CSV"', () => {
    const title = 'Register many patients from a CSV';
    interface Result {
      row: number;
      patientIdentifier: string;
      result: string;
    }

    it('registers each row once, names what became of each, and who was registered before', async () => {
      const running = await start(title);
      await press('register');
      const { payload, summary, ignored } = first(await running.waitForMessages('each row'));
      assert.deepEqual(summary, { registered: 8 });
      assert.deepEqual(ignored, []);
      // Row 8 is empty.
      const rows = (payload as Result[]).map(({ row }) => row);
      assert.deepEqual(rows, [2, 3, 4, 5, 6, 7, 9, 10]);
      assert.equal(running.messagesOf('progress').at(-1)?.msg.progress, '8 of 8');

      await press('register');
      const [, again] = await running.waitForMessages('each row', 2);
      assert.deepEqual(again?.msg.summary, { 'known already': 8 });
    });

    it('registers the rows of a file that Excel saved, nobody if one is wrong, and reads what is not certain', async () => {
      const running = await start(title);
      const path = join(running.userDir, 'patients.csv');
      const button = { ...flows.find(({ name }) => name === 'your own file') };
      button.props = [{ p: 'filename', v: path, vt: 'str' }];
      await running.deploy(
        flows.map((node) => {
          if (node.id === button.id) return button as FlowNode;
          return node.type === 'debug'
            ? { ...node, type: 'test-probe', label: String(node.name), wires: [[]] }
            : node;
        }),
        'nodes',
      );
      await press('your own file');
      assert.match(
        JSON.stringify(first(await running.waitForMessages('stopped')).payload),
        /could not be read/,
      );

      const titles = 'patientIdentifier\tfirstName\tlastName\tdateOfBirth\tgender';
      const save = (...rows: string[]): void =>
        writeFileSync(path, Buffer.from(`\ufeff${[titles, ...rows].join('\r\n')}`, 'utf16le'));
      save('XL-1\tJürgen\tMüller\t1990-04-03\tMALE', 'XL-2\tAnn\tExample\t03/04/1990\tFEMALE');
      await press('your own file');
      const [, stopped] = await running.waitForMessages('stopped', 2);
      assert.match(JSON.stringify(stopped?.msg.payload), /^\["Row 3: dateOfBirth must be/);

      save('XL-1\tJürgen\tMüller\t1990-04-03\tMALE');
      await press('your own file');
      assert.deepEqual(first(await running.waitForMessages('each row')).summary, { registered: 1 });
      // The same identifier for somebody else: a mistake that must not count as registered.
      save('XL-1\tAnn\tExample\t1985-12-09\tFEMALE');
      await press('your own file');
      const [, other] = await running.waitForMessages('each row', 2);
      assert.deepEqual(other?.msg.payload, [
        { row: 2, patientIdentifier: 'XL-1', result: 'failed: the identifier belongs to somebody else' },
      ]);

      const outcomes = {
        'reset-after': 'known already',
        'false-success': 'failed: not registered, run the file again',
        body: 'failed: validation (lastName)',
      };
      for (const [fault, result] of Object.entries(outcomes)) {
        const refused = { status: 400, text: '{"fieldErrors":[{"fieldName":"lastName","message":"no"}]}' };
        await setFault(running, {
          fault,
          operation: 'createPatient',
          times: 1,
          ...(fault === 'body' && refused),
        });
        save(`XL-${fault}\tAnn\tExample\t1985-12-09\tFEMALE`);
        await press('your own file');
        const last = await running.waitFor(() => {
          const rows = (running.messagesOf('each row').at(-1)?.msg.payload ?? []) as Result[];
          return rows.find((row) => row.patientIdentifier === `XL-${fault}`);
        }, fault);
        assert.deepEqual(last, { row: 2, patientIdentifier: `XL-${fault}`, result });
      }
    });
  });

  describe('"Survey answers in, health profile out"', () => {
    it('gives back the answers that were sent, and the profile that they fill', async () => {
      const running = await start('Survey answers in, health profile out');
      const button = flows.find((node) => node.name === 'answers of a form');
      const { answers } = JSON.parse(String(button?.payload)) as { answers: Record<string, unknown> };
      await press('answers of a form');
      const found = first(await running.waitForMessages('answers')).payload.answers;
      assert.deepEqual(found, { ...answers, MOOD: { ANXIETY: 1, CHEERFUL: 3 } });
      const profile = first(await running.waitForMessages('health profile')).payload.healthProfile;
      assert.equal(profile.SWIMMING, 'false');
      assert.equal(profile.WEIGHT, '142');
      await press('has stopped to smoke');
      await running.waitForMessages('changed');
      assert.deepEqual(running.messagesOf('error'), []);
    });
  });
});

describe('Every example', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    it(`${file} is complete, explains itself and holds no secret`, () => {
      const nodes = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
      const ids = new Set(nodes.map(({ id }) => id));
      assert.equal(ids.size, nodes.length);
      assert.ok(nodes.some(({ type }) => type === 'comment'));
      for (const node of nodes) {
        assert.equal('credentials' in node, false);
        for (const wire of ((node.wires as string[][] | undefined) ?? []).flat())
          assert.ok(ids.has(wire), wire);
        for (const id of [node.z, node.config] as (string | undefined)[]) {
          if (id !== undefined) assert.ok(ids.has(id), id);
        }
        if (node.type === 'onegevity-config') assert.equal(node.environment, 'sandbox');
      }
    });

    it(`${file} says why running it twice is safe if it writes, and keeps no list of errors that pass`, () => {
      const nodes = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
      const writes = nodes.some(({ operation }) => {
        const known = operations[operation as keyof typeof operations] as Operation | undefined;
        return known !== undefined && known.method !== 'GET';
      });
      const comments = nodes.filter(({ type }) => type === 'comment').map(({ info }) => String(info));
      if (writes) assert.ok(comments.some((text) => text.includes('**Safe to run twice.**')));
      // msg.onegevity.error.retryable says it for all codes, also for those that come later.
      assert.doesNotMatch(JSON.stringify(nodes), /rate_limited|server_error|token_unavailable/);
    });
  }

  it('has identifiers of its own, so that all can be imported', () => {
    const all = readdirSync(folder).flatMap((file) =>
      (JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[]).map(({ id }) => id),
    );
    assert.equal(new Set(all).size, all.length);
  });
});
