/* global module, process, require */
/**
 * Runs inside the Node-RED process under test, and reports to the test over the IPC channel: that Node-RED is
 * ready, every status and every message that reaches a `test-probe` node. It also evaluates expressions for tests
 * that count routes, listeners or memory.
 */

const report = (message) => {
  if (process.connected) process.send(message, () => undefined);
};

/** What cannot cross the channel (functions, sockets) is left out; Buffers arrive as Uint8Array. */
function transferable(value, seen = new Set()) {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  if (seen.has(value)) return undefined;
  seen.add(value);
  if (Array.isArray(value)) return value.map((item) => transferable(item, seen));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, transferable(item, seen)]));
}

module.exports = function (RED) {
  const { server, events } = RED;
  const listens = RED.settings.httpAdminRoot !== false || RED.settings.httpNodeRoot !== false;
  let flowsStarted = false;
  const reportWhenReady = () => {
    if (!flowsStarted || (listens && server && !server.listening)) return;
    report({ kind: 'ready', port: listens && server ? server.address().port : 0 });
  };
  if (server) server.once('listening', reportWhenReady);
  events.on('flows:started', () => {
    report({ kind: 'deployed' });
    if (flowsStarted) return;
    flowsStarted = true;
    reportWhenReady();
  });
  // Started with stopped flows: as ready as it gets.
  events.on('runtime-event', ({ id, payload }) => {
    if (id !== 'runtime-state' || !['safe', 'stop'].includes(payload?.state) || flowsStarted) return;
    flowsStarted = true;
    reportWhenReady();
  });
  events.on('node-status', ({ id, status }) => report({ kind: 'status', id, status: transferable(status) }));

  process.on('message', ({ kind, id, expression }) => {
    if (kind !== 'evaluate') return;
    Promise.resolve()
      .then(() => new Function('RED', 'require', `return (${expression})`)(RED, require))
      .then(
        (value) => report({ kind: 'evaluated', id, value: transferable(value) }),
        (error) => report({ kind: 'evaluated', id, error: String(error) }),
      );
  });

  RED.nodes.registerType('test-probe', function (config) {
    RED.nodes.createNode(this, config);
    const label = config.label ?? config.id;
    this.on('input', (msg, send, done) => {
      const { req, res, ...rest } = msg;
      report({ kind: 'message', label, msg: transferable(rest), hasReq: Boolean(req), hasRes: Boolean(res) });
      send(msg);
      done();
    });
  });
};
