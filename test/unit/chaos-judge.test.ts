import assert from 'node:assert/strict';
import { emissionsOf } from '../support/chaos/judge';
import type { Entry } from '../support/chaos/run';

const start = (time: number, attempt = 1, id = 'e'): Entry => ({
  note: 'start',
  time,
  id,
  attempt,
  redelivered: attempt > 1,
});
const end = (time: number, note: Entry['note'] = 'retry', id = 'e'): Entry => ({ note, time, id });

describe('The judge of the chaos run', () => {
  it('finds an event that is emitted while it is open', () => {
    const { doubles } = emissionsOf([start(1000), start(2000, 2)], []);
    assert.deepEqual(doubles, ['e attempt 2']);
  });

  it('takes no retry for one, and no event that was open in a kill or a deployment', () => {
    const entries = [start(1000), end(1100), start(2000, 2), start(5000, 3), end(5100, 'done')];
    assert.deepEqual(emissionsOf(entries, [{ from: 3000, to: 3500 }]), { doubles: [], unmarked: [] });
  });

  it('finds two emissions at once after a restart', () => {
    const entries = [start(1000), start(5000, 2), start(5010, 3)];
    const { doubles } = emissionsOf(entries, [{ from: 2000, to: 2500 }]);
    assert.deepEqual(doubles, ['e attempt 3']);
  });

  it('finds an event that is emitted again without the mark', () => {
    const again = { ...start(2000), redelivered: false };
    assert.deepEqual(emissionsOf([start(1000), end(1500), again], []).unmarked, ['e attempt 1']);
  });
});
