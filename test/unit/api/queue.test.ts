import assert from 'node:assert/strict';
import { Queue } from '../../../src/lib/api/queue';

describe('a queue', () => {
  const filled = (count: number) => {
    const queue = new Queue<number>();
    for (let item = 1; item <= count; item++) queue.push(item);
    return queue;
  };
  const rest = (queue: Queue<number>) => Array.from({ length: queue.length }, () => queue.shift());

  it('gives what came first, knows its length, and is empty at its end', () => {
    const queue = filled(5);
    for (const [item, left] of [
      [1, 4],
      [2, 3],
      [3, 2],
    ]) {
      assert.deepEqual([queue.shift(), queue.length], [item, left]);
    }
    queue.push(6);
    assert.deepEqual(rest(queue), [4, 5, 6]);
    assert.deepEqual([queue.shift(), queue.length], [undefined, 0]);
    queue.push(7);
    assert.deepEqual(rest(queue), [7]);
  });

  it('is split in two, each in its order', () => {
    const queue = filled(6);
    queue.shift();
    const [even, others] = queue.partition((item) => item % 2 === 0);
    assert.deepEqual(
      [even, rest(others)],
      [
        [2, 4, 6],
        [3, 5],
      ],
    );
  });
});
