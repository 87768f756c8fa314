import assert from 'node:assert/strict';
import { StateStore, type StateOptions } from '../../../src/lib/oauth/state-store';

const minute = 60_000;

describe('state of the authorization code flow', () => {
  let time: number;
  const store = (more: Partial<StateOptions> = {}) =>
    new StateStore({ lifetime: 5 * minute, capacity: 100, perPatient: 10, now: () => time, ...more });
  const record = (patientIdentifier = 'P1') => ({ patientIdentifier, redirectUri: 'https://a.test/r' });

  beforeEach(() => (time = 1000.5));

  it('gives back the patient and the redirect URI it was made for', () => {
    const states = store();
    assert.deepEqual(states.redeem(states.issue(record())), record());
  });

  it('can be redeemed once', () => {
    const states = store();
    const state = states.issue(record());
    states.redeem(state);
    assert.equal(states.redeem(state), 'used_state');
  });

  it('expires after its minutes of life', () => {
    const states = store();
    const [early, late] = [states.issue(record()), states.issue(record())];
    time += 5 * minute - 1;
    assert.deepEqual(states.redeem(early), record());
    time += 2;
    assert.equal(states.redeem(late), 'expired_state');
    states.issue(record());
    assert.equal(states.redeem(late), 'expired_state');
  });

  it('has expired when its last millisecond is over, and leaves then', () => {
    const states = store();
    const state = states.issue(record());
    time = Math.ceil(1000.5 + 5 * minute);
    assert.equal(states.redeem(state), 'expired_state');
    states.issue(record());
    assert.equal(states.size, 1);
  });

  it('is refused with a character that base64url does not have', () => {
    const states = store();
    const state = states.issue(record());
    for (const changed of [`!${state.slice(1)}`, `${state.slice(0, -1)}!`, `${state.slice(0, -1)}\n`]) {
      assert.equal(states.redeem(changed), 'invalid_state');
    }
  });

  it('is refused with any bit changed, and still good afterwards', () => {
    const states = store();
    const state = states.issue(record());
    const bytes = Buffer.from(state, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index]! ^= 1;
      assert.equal(states.redeem(changed.toString('base64url')), 'invalid_state');
    }
    assert.deepEqual(states.redeem(state), record());
  });

  it('of another store is foreign', () => {
    assert.equal(store().redeem(store().issue(record())), 'invalid_state');
  });

  for (const state of ['', ' ', 'x', '../..', 'é'.repeat(115), 'A'.repeat(115), 'A'.repeat(1_000_000)]) {
    it(`refuses ${JSON.stringify(state.slice(0, 8))} (${state.length} characters) without a throw`, () => {
      assert.equal(store().redeem(state), state === '' ? 'missing_state' : 'invalid_state');
    });
  }

  it('holds nothing of the patient in what travels', () => {
    const state = store().issue(record('CANARY-patient'));
    assert.doesNotMatch(Buffer.from(state, 'base64url').toString('latin1'), /CANARY/);
    assert.match(state, /^[\w-]+$/);
  });

  it('stays within its bound, and the oldest leaves', () => {
    const states = store({ capacity: 3, perPatient: 2 });
    const issued = ['P1', 'P2', 'P3', 'P4', 'P5'].map((patient) => states.issue(record(patient)));
    assert.equal(states.size, 3);
    assert.deepEqual(
      issued.map((state) => typeof states.redeem(state)),
      ['string', 'string', 'object', 'object', 'object'],
    );
  });

  it("does not let one patient's reloads push out another's state", () => {
    const states = store({ capacity: 100, perPatient: 2 });
    const other = states.issue(record('P2'));
    for (let index = 0; index < 1000; index++) states.issue(record('P1'));
    assert.equal(states.size, 3);
    assert.deepEqual(states.redeem(other), record('P2'));
  });

  it('forgets expired states when new ones are made', () => {
    const states = store();
    for (let index = 0; index < 10; index++) states.issue(record(`P${index}`));
    time += 6 * minute;
    states.issue(record());
    assert.equal(states.size, 1);
  });
});
