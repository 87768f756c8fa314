import assert from 'node:assert/strict';
import { order, post, signed, vectors } from '../webhook';
import type { Stand } from './stand';

export function signatureCases(stand: () => Stand): void {
  const right = signed(order);
  const refusals: [string, string, string | string[] | null][] = [
    ['without a signature', 'missing_signature', null],
    ['with an empty signature', 'missing_signature', ''],
    ['with two signatures, the first one right', 'malformed_signature', [right, signed('x')]],
    ['with two signatures, the second one right', 'malformed_signature', [signed('x'), right]],
    ['with the signature in hex', 'malformed_signature', Buffer.from(right, 'base64').toString('hex')],
    ['with a prefix before the signature', 'malformed_signature', `sha256=${right}`],
    ['with the signature of another body', 'wrong_signature', signed('another body')],
    ['signed with another secret', 'wrong_signature', signed(order, 'another secret')],
    ['with the signature cut to 43 characters', 'malformed_signature', right.slice(0, 43)],
    ['with 45 characters of signature', 'malformed_signature', `${right}=`],
    ['with 15,000 characters of signature', 'malformed_signature', 'A'.repeat(15_000)],
  ];
  for (const [what, reason, signature] of refusals) {
    it(`refuses a delivery ${what}`, async () => {
      const { url } = await stand().fresh();
      await stand().refused(url, 401, reason, order, { signature });
    });
  }

  it('refuses the url-safe alphabet', async () => {
    const { url } = await stand().fresh();
    const { body, signature } = vectors.find(({ name }) => name === 'kit.activated')!;
    const urlSafe = signature.replaceAll('/', '_').replaceAll('+', '-');
    await stand().refused(url.replace('order.created', 'kit.activated'), 401, 'malformed_signature', body, {
      signature: urlSafe,
    });
  });

  it("accepts the header's name in any case", async () => {
    const { url } = await stand().fresh();
    for (const name of ['X-ONEGEVITY-SIGNATURE', 'x-Onegevity-signature']) {
      await stand().clear();
      await stand().accepted('order.created', url, order, { signature: null, headers: { [name]: right } });
    }
  });

  it('refuses everything without a webhook secret, with a red status', async () => {
    const { url, id } = await stand().fresh('noSecret');
    await stand().refused(url, 401, 'no_secret');
    await stand().nodeRed.waitForStatus(id, ({ fill }) => fill === 'red');
    const empty = await post(url, order, { signature: signed(order, 'undefined') });
    assert.equal(empty.status, 401);
    assert.match(stand().nodeRed.log, /There is no webhook secret/);
  });

  it('accepts unsigned deliveries only where that is chosen, with a lasting yellow status', async () => {
    const { url, id } = await stand().fresh('unsigned');
    const msg = await stand().accepted('order.created', url, order, { signature: null });
    assert.equal(msg.onegevity.verified, false);
    const status = await stand().nodeRed.waitForStatus(
      id,
      ({ text }) => text?.includes('order.created') === true,
    );
    assert.equal(status.fill, 'yellow');
    assert.match(status.text ?? '', /accepts unsigned/);
    await stand().clear();
    await stand().refused(url, 401, 'wrong_signature', order, { signature: signed('x') });
  });

  it('marks a signed delivery as verified also where unsigned ones are accepted', async () => {
    const { url } = await stand().fresh('unsigned');
    const msg = await stand().accepted('order.created', url);
    assert.equal(msg.onegevity.verified, true);
  });

  it('accepts the previous secret, and says so', async () => {
    const { url, id } = await stand().fresh('rotated');
    await stand().accepted('order.created', url);
    await stand().nodeRed.waitForStatus(id, ({ fill }) => fill === 'yellow');
    await stand().nodeRed.waitForLog(/signed with the previous webhook secret/);
    await stand().clear();
    await stand().accepted('order.created', url, order, { signature: signed(order, 'the new secret') });
  });
}
