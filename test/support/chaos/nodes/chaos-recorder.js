/* global module, process, require */
/** Writes down what passes, at once and into a file: what was written stays there if the process is killed. */
const { appendFileSync } = require('node:fs');

module.exports = function (RED) {
  RED.nodes.registerType('chaos-recorder', function (config) {
    RED.nodes.createNode(this, config);
    this.on('input', (msg, send, done) => {
      if (config.note === 'start' || config.note === 'dead') msg.event = msg.payload;
      const { id, attempt, redelivered } = msg.onegevity?.delivery ?? {};
      const entry = {
        note: config.note,
        time: Date.now(),
        id,
        attempt,
        redelivered,
        event: msg.event,
        // What came back, not what was asked for.
        report: config.note === 'done' ? (msg.payload?.id ?? null) : undefined,
        code: msg.error?.code,
      };
      appendFileSync(process.env.CHAOS_LOG, JSON.stringify(entry) + '\n');
      send(msg);
      done();
    });
  });
};
