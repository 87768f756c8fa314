import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { NodeAPI } from 'node-red';
import { serveGet } from '../../../src/nodes/ui-kit/http-route';
import { type App, type Layer, stackOf } from '../../../src/nodes/webhook/route/express';

const express = createRequire(require.resolve('node-red/package.json'))('express') as () => App;

/** As tracing packages do: every handler that is added is another one from then on. */
function wrapHandlers(app: App): void {
  for (const layer of stackOf(app) ?? []) {
    const { route } = layer as { route?: { stack: Layer[] } };
    for (const wrapped of [layer, ...(route?.stack ?? [])]) {
      const { handle } = wrapped as { handle: (...args: unknown[]) => unknown };
      wrapped.handle = (...args: unknown[]) => handle(...args);
    }
  }
}

describe("a route of the UI-Kit node on Node-RED's app", () => {
  it('is removed whole, also where a tracing package has wrapped its handlers', () => {
    const httpNode = express();
    const RED = { httpNode, settings: {} } as unknown as NodeAPI;
    const noHandler = (): void => undefined;
    const serving: string[] = [];
    const serve = (name: string): (() => void) =>
      serveGet(RED, '/kit', noHandler, (now) => serving.push(`${name} ${now}`));
    const other = serveGet(RED, '/other', noHandler, () => undefined);
    const before = stackOf(httpNode)?.length;
    for (let time = 0; time < 3; time++) {
      const removals = [serve('first'), serve('second')];
      wrapHandlers(httpNode);
      assert.equal(stackOf(httpNode)?.length, (before ?? 0) + 1);
      for (const remove of removals) {
        remove();
        wrapHandlers(httpNode);
      }
      assert.equal(stackOf(httpNode)?.length, before);
    }
    assert.deepEqual(serving.slice(0, 3), ['first true', 'second false', 'second true']);
    other();
    assert.equal(stackOf(httpNode)?.length, (before ?? 0) - 1);
  });
});
