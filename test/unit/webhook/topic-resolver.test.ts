import assert from 'node:assert/strict';
import fc from 'fast-check';
import { topics } from '../../../src/generated/topics';
import { resolveTopic, topicNamed } from '../../../src/lib/webhook/topic-resolver';
import { vectors } from '../../support/webhook';

const orderGroup = ['order.created', 'order.updated', 'results.released'];
const payload = { id: 1, orderIdentifier: 'O1', patientIdentifier: 'P1' };

describe('the topic of a delivery', () => {
  for (const { name, body } of vectors.slice(0, 11)) {
    it(`fits the vendor's example of ${name}`, () => {
      const example: unknown = JSON.parse(body);
      assert.deepEqual(resolveTopic({ url: topicNamed(name), payload: example }), {
        topic: name,
        source: 'url',
      });
      const { topic, candidates } = resolveTopic({ payload: example });
      assert.ok(topic === name || candidates?.some((candidate) => candidate === name));
    });
  }

  it('is certain by shape for two topics only', () => {
    const certain = topics.filter(({ members }) => {
      const example = Object.fromEntries(members.map((member) => [member, 'x']));
      return resolveTopic({ payload: example }).source === 'shape';
    });
    assert.deepEqual(
      certain.map(({ name }) => name),
      ['kit.activated', 'fulfillment.shipped'],
    );
  });

  it('takes the URL before the header, and the header before the payload', () => {
    const named = { ...payload, topic: 'order.updated' };
    assert.equal(resolveTopic({ header: 'order.updated', payload: named }).source, 'header');
    assert.equal(resolveTopic({ payload: named }).source, 'payload');
    assert.equal(
      resolveTopic({ url: 'order.updated', header: 'order.updated', payload: named }).source,
      'url',
    );
  });

  it('is a mismatch where two certain sources differ', () => {
    const clues = [
      { url: 'order.created', header: 'order.updated', payload },
      { url: 'order.created', header: 'something.else', payload },
      { url: 'order.created', payload: { ...payload, topic: 'order.updated' } },
      { header: 'order.created', payload: { ...payload, topic: 'order.updated' } },
      { url: 'patient.created', payload },
      { header: 'kit.activated', payload },
      { payload: { ...payload, topic: 'kit.activated' } },
    ] as const;
    for (const clue of clues) {
      assert.deepEqual(resolveTopic(clue), { reason: 'topic_mismatch', candidates: orderGroup });
    }
  });

  it('is not guessed from the shape where the header names an unknown one', () => {
    const kit = { ...payload, activationCode: 'A1' };
    assert.equal(resolveTopic({ payload: kit }).topic, 'kit.activated');
    const expected = { reason: 'unknown_topic', candidates: ['kit.activated'] };
    assert.deepEqual(resolveTopic({ header: 'kit.lost', payload: kit }), expected);
  });

  it('is read from the header without regard to case and blanks', () => {
    assert.equal(resolveTopic({ header: ' Order.Updated ', payload }).topic, 'order.updated');
  });

  it('takes a number for an identifier, and nothing from what is no object', () => {
    assert.equal(
      resolveTopic({ payload: { requestorId: 5, trackingNumber: 6, trackingUrl: 'x' } }).topic,
      'fulfillment.shipped',
    );
    for (const none of [null, undefined, 'text', 5, [payload], Buffer.from('x')]) {
      assert.deepEqual(resolveTopic({ payload: none }), { reason: 'topic_uncertain', candidates: [] });
    }
  });

  it('ignores a topic member that names no documented topic', () => {
    const { reason, candidates } = resolveTopic({ payload: { ...payload, topic: 'gut health' } });
    assert.deepEqual([reason, candidates], ['topic_uncertain', orderGroup]);
  });

  it('is what the declared topics leave', () => {
    const declared = ['patient.created', 'order.updated', 'kit.activated'] as const;
    assert.deepEqual(resolveTopic({ payload, declared }), { topic: 'order.updated', source: 'declared' });
    const two = resolveTopic({ payload, declared: ['order.created', 'order.updated'] });
    assert.deepEqual(two, { reason: 'topic_uncertain', candidates: ['order.created', 'order.updated'] });
    // The vendor sent what was declared not to come: nothing is certain then.
    const none = resolveTopic({ payload, declared: ['patient.created'] });
    assert.deepEqual(none, { reason: 'topic_uncertain', candidates: orderGroup });
  });

  it('takes null for absent and never takes an object for an identifier', () => {
    const withNull = { ...payload, activationCode: null, trackingUrl: null };
    assert.equal(resolveTopic({ url: 'order.created', payload: withNull }).topic, 'order.created');
    const hostile = { ...payload, patientIdentifier: { $gt: '' } };
    assert.equal(resolveTopic({ url: 'order.created', payload: hostile }).reason, 'topic_mismatch');
    const inherited = Object.create({ orderIdentifier: 'O1', patientIdentifier: 'P1' }) as object;
    assert.equal(resolveTopic({ url: 'order.created', payload: inherited }).reason, 'topic_mismatch');
  });

  it('has a topic or a reason, and never throws, whatever the payload', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.option(fc.string(), { nil: undefined }),
        fc.option(fc.constantFrom(...topics.map(({ name }) => name)), { nil: undefined }),
        (any, header, url) => {
          const { topic, source, reason } = resolveTopic({ url, header, payload: any });
          assert.equal((topic === undefined) === (source === undefined), true);
          assert.notEqual(topic === undefined, reason === undefined);
        },
      ),
      { numRuns: 5000 },
    );
  });
});
