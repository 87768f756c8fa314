import assert from 'node:assert/strict';
import fc from 'fast-check';
import { BodyMemory, type HeldBody, REQUEST_COST } from '../../../src/lib/webhook/body-memory';

const block = 4096;

describe('the memory for bodies that nobody has verified', () => {
  it('gives back the bytes that came, in whatever chunks, and counts nothing after the release', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 10_000 }), { maxLength: 8 }), (chunks) => {
        const memory = new BodyMemory();
        // A second body, so that blocks are used again with the first one's bytes in them.
        for (let time = 0; time < 2; time++) {
          const body = memory.open(100_000);
          for (const chunk of chunks) assert.equal(body.append(Buffer.from(chunk)), true);
          assert.deepEqual(Buffer.concat(body.parts()), Buffer.concat(chunks));
          assert.deepEqual(body.bytes(), Buffer.concat(chunks));
          assert.ok(memory.used >= REQUEST_COST + body.size);
          body.release();
          body.release();
          assert.equal(memory.used, 0);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes as much for a body in chunks of one byte as for one in long chunks', () => {
    const memory = new BodyMemory();
    const body = memory.open(2 ** 20);
    for (let index = 0; index < 100_000; index++) body.append(Buffer.of(index & 0xff));
    assert.ok(memory.used <= REQUEST_COST + 100_000 + block, `${memory.used} bytes`);
  });

  it('takes nothing for bytes that are announced and do not come', () => {
    const memory = new BodyMemory();
    for (let index = 0; index < 10; index++) memory.open(2 ** 20);
    assert.equal(memory.used, 10 * REQUEST_COST);
  });

  it('never takes more than its limit, and drops the largest body first, the oldest of several', () => {
    const limit = 40 * block;
    const memory = new BodyMemory(limit);
    const dropped: string[] = [];
    const open = (name: string, size: number): HeldBody => {
      const body = memory.open(limit / 2);
      body.onDropped = () => dropped.push(name);
      while (body.size < size && body.append(Buffer.alloc(100))) assert.ok(memory.used <= limit);
      return body;
    };
    const small = open('small', 100);
    open('large 1', 12 * block);
    open('large 2', 12 * block);
    assert.deepEqual(dropped, []);
    open('late', 8 * block);
    assert.deepEqual(dropped, ['large 1']);
    assert.equal(small.isOpen, true);
    for (let index = 0; index < 1000; index++) open(String(index), 0);
    assert.ok(memory.used <= limit);
    assert.equal(dropped[1], 'large 2');
  });

  it('has its usual limit again once the bodies are gone for which it had more', () => {
    const memory = new BodyMemory(10 * block);
    memory.open(20 * block).release();
    const body = memory.open(block);
    while (body.append(Buffer.alloc(block))) assert.ok(memory.used <= 10 * block);
    assert.equal(body.isOpen, false);
  });

  it('drops no body that is pinned, and pins half of its limit at most', () => {
    const memory = new BodyMemory(20 * REQUEST_COST);
    const pinned = Array.from({ length: 20 }, () => memory.open(0)).filter((body) => body.pin());
    assert.equal(pinned.length, 10);
    for (let index = 0; index < 100; index++) memory.open(0);
    assert.equal(
      pinned.every(({ isOpen }) => isOpen),
      true,
    );
    for (const body of pinned) body.release();
    assert.equal(memory.open(0).pin(), true);
  });

  it('counts exactly what is open, whatever is done to bodies', () => {
    const step = fc.record({
      body: fc.nat(9),
      what: fc.constantFrom('open', 'append', 'append', 'pin', 'bytes', 'release'),
      size: fc.nat(3 * block),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const limit = 10 * REQUEST_COST;
        const memory = new BodyMemory(limit);
        const bodies: HeldBody[] = [];
        for (const { body: at, what, size } of steps) {
          const body = bodies[at];
          if (what === 'open') bodies[at] = memory.open(0);
          if (what === 'open') body?.release();
          else if (what === 'append') body?.append(Buffer.alloc(size));
          else if (what === 'pin') body?.pin();
          else if (what === 'bytes' && body?.isOpen) assert.equal(body.bytes().length, body.size);
          else if (what === 'release') body?.release();
          const sum = bodies.reduce((all, { isOpen, cost }) => all + (isOpen ? cost : 0), 0);
          assert.equal(memory.used, sum);
          const pinnedSum = bodies.reduce(
            (all, { isOpen, isPinned, cost }) => all + (isOpen && isPinned ? cost : 0),
            0,
          );
          assert.ok(memory.used <= Math.max(limit, pinnedSum));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
