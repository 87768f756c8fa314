import assert from 'node:assert/strict';
import { broken } from '../support/chaos/judge';
import { runChaos } from '../support/chaos/run';

describe('A chaos run, in its short form', () => {
  it('places each order once, loses no result, and redelivers with a mark, while everything fails', async function () {
    this.timeout(120_000);
    const tally = await runChaos({ seed: 7, orders: 40, kills: 2, deploys: 6, pause: 600, heavy: 0.004 });
    assert.deepEqual(broken(tally), []);
    // The run was one: every order went through faults, kills and deployments.
    assert.ok(tally.faultsMet > 40, `${tally.faultsMet} faults`);
    assert.ok(tally.apiKinds >= 15, `${tally.apiKinds} kinds of faults of calls`);
    // Chance decides which ones a short run meets.
    assert.ok(tally.webhookKinds >= 3, `${tally.webhookKinds} kinds of faults of deliveries`);
    assert.equal(tally.kills, 2);
    assert.equal(tally.deploys, 6);
  });
});
