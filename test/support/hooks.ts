import { NodeRed } from './node-red';

/**
 * A test that timed out may leave a Node-RED running, which would keep mocha from ending. What every other test
 * leaves running is its own fault, and fails the run.
 */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    const left = [...NodeRed.running];
    await Promise.all(left.map((nodeRed) => nodeRed.stop('SIGKILL')));
    if (left.length > 0) throw new Error(`${left.length} Node-RED left running`);
  },
};
