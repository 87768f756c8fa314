import assert from 'node:assert/strict';
import { order, post, vectors } from '../webhook';
import { selected, type Stand } from './stand';

export function deliveryCases(stand: () => Stand): void {
  const arrived = async (count: number): Promise<string[]> => {
    await stand().nodeRed.waitFor(
      () => (stand().nodeRed.messages.length >= count ? true : undefined),
      `${count} messages`,
    );
    return (await stand().settled()).map(({ label }) => label);
  };

  it('emits the same bytes twice where duplicates are not looked for', async () => {
    const { url } = await stand().fresh();
    await post(url);
    await post(url);
    assert.deepEqual(await arrived(2), ['order.created', 'order.created']);
  });

  it('sends a repeat within the window to the duplicates output', async () => {
    const { url } = await stand().fresh('window');
    for (let time = 0; time < 3; time++) assert.equal((await post(url)).status, 200);
    assert.deepEqual(await arrived(3), ['order.created', 'duplicates', 'duplicates']);
    const [first, second] = stand().nodeRed.messages;
    assert.equal(first?.msg.onegevity.duplicate, undefined);
    assert.equal(second?.msg.onegevity.duplicate, true);
    assert.equal(second?.msg.topic, 'order.created');
  });

  it('drops a repeat where there is no such output, and counts it in the status', async () => {
    const { url, id } = await stand().fresh('silent');
    for (let time = 0; time < 3; time++) assert.equal((await post(url)).status, 200);
    await stand().nodeRed.waitForStatus(id, ({ text }) => /^duplicates: 2\b/.test(text ?? ''));
    assert.deepEqual(await arrived(1), ['order.created']);
  });

  it('tells the same bytes of two topics apart', async () => {
    const { url } = await stand().fresh('window');
    await post(url);
    await post(url.replace('order.created', 'results.released'));
    await post(url.replace('order.created', 'results.released'));
    assert.deepEqual(await arrived(3), ['order.created', 'results.released', 'duplicates']);
  });

  it('marks a repeat whose topic is not certain, and never drops it', async () => {
    const { url } = await stand().fresh('window', '');
    const { body } = vectors.find(({ name }) => name === 'kit.activated')!;
    for (const sent of [order, body, order, body]) await post(url, sent);
    assert.deepEqual(await arrived(4), ['other', 'kit.activated', 'other', 'kit.activated']);
    const marks = stand().nodeRed.messages.map(({ msg }) => msg.onegevity.duplicate as unknown);
    assert.deepEqual(marks, [undefined, undefined, true, true]);
  });

  it('does not remember what it refused', async () => {
    const { url } = await stand().fresh('window');
    await post(url, order, { signature: null });
    await post(url);
    assert.deepEqual(await arrived(2), ['rejected', 'order.created']);
  });

  it("sends a topic URL that contradicts the payload's shape to other", async () => {
    const { url } = await stand().fresh();
    const contradictions: [string, string][] = [
      ['patient.created', order],
      ['order.created', '{"id":1,"patientIdentifier":"P1"}'],
      ['kit.activated', order],
      ['order.created', '{"id":1}'],
      ['order.created', '{"id":1,"orderIdentifier":{"a":1},"patientIdentifier":"P1"}'],
      ['order.created', order.replace('{', '{"topic":"order.updated",')],
    ];
    for (const [topic, body] of contradictions) {
      await stand().clear();
      const msg = await stand().accepted('other', url.replace('order.created', topic), body);
      assert.equal(msg.onegevity.reason, 'topic_mismatch');
      assert.equal(msg.topic, undefined);
      assert.equal(msg.onegevity.topic, undefined);
    }
  });

  it('ignores members that the vendor does not document', async () => {
    const { url } = await stand().fresh();
    await stand().accepted('order.created', url, order.replace('{', '{"extra":[1],"createdTimestamp":"x",'));
  });

  it("emits a delivery replayed to another topic's URL of the same shape: verified speaks of the body alone", async () => {
    const { url } = await stand().fresh();
    const msg = await stand().accepted('results.released', url.replace('order.created', 'results.released'));
    assert.equal(msg.onegevity.verified, true);
  });

  it('sends a topic that is not selected to other, by its name', async () => {
    const { url } = await stand().fresh();
    const body = '{"id":1,"patientIdentifier":"P1"}';
    const msg = await stand().accepted('other', url.replace('order.created', 'patient.updated'), body);
    assert.deepEqual([msg.topic, msg.onegevity.reason], ['patient.updated', 'not_selected']);
  });

  it('names the candidates where the topic is not certain', async () => {
    const { url } = await stand().fresh('plain', '');
    const msg = await stand().accepted('other', url);
    assert.equal(msg.onegevity.reason, 'topic_uncertain');
    assert.deepEqual(msg.onegevity.candidates, ['order.created', 'order.updated', 'results.released']);
  });

  it('reads the topic from the payload, where it has one', async () => {
    const { url } = await stand().fresh('plain', '');
    const msg = await stand().accepted('order.updated', url, order.replace('{', '{"topic":"order.updated",'));
    assert.equal(msg.onegevity.topicSource, 'payload');
  });

  it('reads the topic from the configured header', async () => {
    const { url } = await stand().fresh('header', '');
    const msg = await stand().accepted('order.updated', url, order, {
      headers: { 'x-topic': 'Order.Updated ' },
    });
    assert.equal(msg.onegevity.topicSource, 'header');
    assert.equal(msg.onegevity.headers['x-topic'], 'Order.Updated');
    await stand().clear();
    const unknown = await stand().accepted('other', url, order, { headers: { 'x-topic': 'invoice.paid' } });
    assert.equal(unknown.onegevity.reason, 'unknown_topic');
  });

  it('sends a header that contradicts the shape or the URL to other', async () => {
    const { url } = await stand().fresh('header');
    for (const topic of ['order.updated', 'kit.activated', 'invoice.paid']) {
      await stand().clear();
      const msg = await stand().accepted('other', url, order, { headers: { 'x-topic': topic } });
      assert.equal(msg.onegevity.reason, 'topic_mismatch');
    }
    await stand().clear();
    const global = url.replace('/order.created', '');
    const msg = await stand().accepted('other', global, order, { headers: { 'x-topic': 'patient.created' } });
    assert.equal(msg.onegevity.reason, 'topic_mismatch');
  });

  it('takes the one topic that is left where the selected topics are declared to be all', async () => {
    const { url } = await stand().fresh('declared', '');
    const msg = await stand().accepted('patient.created', url, '{"id":1,"patientIdentifier":"P1"}');
    assert.equal(msg.onegevity.topicSource, 'declared');
    await stand().clear();
    const several = await stand().accepted('other', url);
    assert.deepEqual(several.onegevity.candidates, ['order.created', 'order.updated', 'results.released']);
  });

  it('passes on an allow-list of headers, in msg.onegevity alone', async () => {
    const { url } = await stand().fresh();
    const headers = {
      authorization: 'Basic x',
      cookie: 'a=b',
      'user-agent': 'vendor',
      'x-onegevity-event': '7',
    };
    const msg = await stand().accepted('order.created', url, order, { headers });
    assert.deepEqual(msg.onegevity.headers, {
      'content-type': 'application/json',
      'user-agent': 'vendor',
      'x-onegevity-event': '7',
    });
    assert.deepEqual(Object.keys(msg as object).sort(), ['_msgid', 'onegevity', 'payload', 'topic']);
  });

  it('lets the flow answer where that is chosen', async () => {
    const { url } = await stand().fresh('flow', '/patient.created');
    const body = '{"id":1,"patientIdentifier":"P1"}';
    const answer = await post(url, body);
    assert.equal(answer.status, 200);
    assert.deepEqual(JSON.parse(answer.body), JSON.parse(body));
    const [message] = await stand().nodeRed.waitForMessages('patient.created');
    assert.deepEqual([message?.hasReq, message?.hasRes], [true, true]);
  });

  it('answers 503 itself when the flow is slower than the deadline', async () => {
    const { url } = await stand().fresh('flow');
    const answer = await post(url);
    assert.deepEqual([answer.status, answer.body], [503, 'rejected']);
    assert.equal((await stand().nodeRed.waitForMessages('order.created')).length, 1);
  });

  it('answers what no retry can mend itself, also where the flow is to answer', async () => {
    const { url } = await stand().fresh('flow');
    const msg = await stand().accepted('other', url, 'hello');
    assert.equal(msg.onegevity.reason, 'malformed_json');
  });

  it('reports a flood of refusals now and then, with the number of those held back', async () => {
    const { url, id } = await stand().fresh();
    const statuses = stand().nodeRed.statuses.length;
    await Promise.all(Array.from({ length: 300 }, () => post(url, order, { signature: null })));
    const rejected = (await stand().settled()).filter(({ label }) => label === 'rejected');
    assert.ok(rejected.length >= 1 && rejected.length <= 10, String(rejected.length));
    const own = stand()
      .nodeRed.statuses.slice(statuses)
      .filter((status) => status.id === id);
    assert.ok(own.length <= 10);
    const { payload } = rejected[0]!.msg;
    assert.deepEqual(Object.keys(payload as object).sort(), [
      'reason',
      'receivedAt',
      'remoteAddress',
      'statusCode',
      'suppressed',
      'topic',
    ]);
  });

  it('keeps the outputs in the vendor’s order', () => {
    assert.deepEqual(
      selected,
      [...selected].sort((a, b) => order11.indexOf(a) - order11.indexOf(b)),
    );
  });
}

const order11 = vectors.slice(0, 11).map(({ name }) => name);
