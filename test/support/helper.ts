import helper from 'node-red-node-test-helper';
import type { Node, NodeAPI } from 'node-red';

/** A node of a running test flow, as far as tests touch it. */
export type TestNode = Node & Record<string, unknown>;

helper.init(require.resolve('node-red'));

/** Hooks that start and stop the test helper's Node-RED around each test of a suite. */
export function useHelper(): void {
  beforeEach(async () => {
    await new Promise<void>((resolve) => void helper.startServer(resolve));
  });
  afterEach(async () => {
    await helper.unload();
    await new Promise<void>((resolve) => void helper.stopServer(resolve));
  });
}

/** @returns a helper node that has been given a message: the first one that reaches it */
export function nextMessage(id: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    helper.getNode(id).once('input', (msg: object) => resolve(msg as Record<string, unknown>));
  });
}

/** @returns the next `count` messages that reach a helper node */
export function messages(id: string, count: number): Promise<Record<string, unknown>[]> {
  const got: Record<string, unknown>[] = [];
  return new Promise((resolve) => {
    helper.getNode(id).on('input', (msg: object) => {
      got.push(msg as Record<string, unknown>);
      if (got.length === count) resolve(got);
    });
  });
}

export type NodeModule = (RED: NodeAPI) => void;
export { helper };
