/* global clearInterval, global, module, performance, process, require, setInterval */
/**
 * The parts of `npm run bench:api` that run inside Node-RED: a driver that keeps a number of messages in flight
 * through the node that its output is wired to and back, and the peers written by hand.
 */
const { Agent } = require('node:http');
const axios = require('axios');
const undici = require('undici');

module.exports = function (RED) {
  RED.nodes.registerType('bench-driver', function (config) {
    RED.nodes.createNode(this, config);
    let run;
    const next = () => {
      const payload = { patientIdentifier: 'P1', orderIdentifier: 'O1' };
      this.send({ payload, bench: performance.now() });
    };
    this.on('input', (msg, _send, done) => {
      done();
      if (!run) return;
      if (msg.statusCode !== 200) return run.fail(new Error(`status ${msg.statusCode}`));
      run.took.push(performance.now() - msg.bench);
      run.open--;
      if (run.more()) {
        run.open++;
        next();
      } else if (run.open === 0) run.end();
    });

    /** Keeps `inFlight` messages under way, for a time or until `count` are done. */
    const drive = (inFlight, more) =>
      new Promise((resolve, reject) => {
        const cpu = process.cpuUsage();
        const began = performance.now();
        run = {
          open: inFlight,
          took: [],
          more,
          fail: reject,
          end: () => {
            const milliseconds = performance.now() - began;
            const { user, system } = process.cpuUsage(cpu);
            const { took } = run;
            run = undefined;
            resolve({ took, milliseconds, cpu: (user + system) / 1000 });
          },
        };
        for (let message = 0; message < inFlight; message++) next();
      });
    const forTime = (inFlight, seconds) => {
      const until = performance.now() + seconds * 1000;
      return drive(inFlight, () => performance.now() < until);
    };

    this.measure = async (inFlight, seconds) => {
      await forTime(inFlight, seconds / 5);
      const { took, milliseconds, cpu } = await forTime(inFlight, seconds);
      took.sort((one, other) => one - other);
      return {
        perSecond: (took.length * 1000) / milliseconds,
        p50: took[Math.floor(took.length * 0.5)],
        p99: took[Math.floor(took.length * 0.99)],
        cpuMicroseconds: (cpu * 1000) / took.length,
      };
    };
    this.burst = async (count) => (await drive(count, () => false)).took.length;
  });

  /** Counts what a list streams through a flow, and watches the memory of this process meanwhile. */
  RED.nodes.registerType('bench-counter', function (config) {
    RED.nodes.createNode(this, config);
    let run;
    this.on('input', (_msg, _send, done) => {
      done();
      run.count++;
      if (run.count % 1000 === 0) run.times.push(performance.now() - run.began);
    });
    this.start = (count) => {
      if (global.gc) global.gc();
      const rss = process.memoryUsage.rss();
      run = { count: 0, began: performance.now(), times: [], before: rss, highest: rss, end: count };
      run.timer = setInterval(() => (run.highest = Math.max(run.highest, process.memoryUsage.rss())), 20);
    };
    /** @returns undefined until all have come */
    this.result = () => {
      const { count, end, timer, ...result } = run;
      if (count < end) return undefined;
      clearInterval(timer);
      return { before: result.before, highest: result.highest, times: result.times };
    };
  });

  /** What people write by hand: one axios instance with a keep-alive agent. */
  RED.nodes.registerType('bench-axios', function (config) {
    RED.nodes.createNode(this, config);
    const client = axios.create({
      baseURL: config.root,
      httpAgent: new Agent({ keepAlive: true, maxSockets: 64 }),
      headers: { authorization: 'Bearer bench' },
    });
    this.on('input', (msg, send, done) => {
      const { patientIdentifier, orderIdentifier } = msg.payload;
      client.get(`/api/v1/patients/${patientIdentifier}/orders/${orderIdentifier}`).then(
        ({ data, status }) => {
          msg.payload = data;
          msg.statusCode = status;
          send(msg);
          done();
        },
        (error) => done(new Error(error.message)),
      );
    });
  });

  /** The bare transport, for what could be reached at best. */
  RED.nodes.registerType('bench-undici', function (config) {
    RED.nodes.createNode(this, config);
    const dispatcher = new undici.Agent({ connections: 64 });
    const headers = { authorization: 'Bearer bench' };
    this.on('close', () => dispatcher.destroy());
    this.on('input', (msg, send, done) => {
      const { patientIdentifier, orderIdentifier } = msg.payload;
      const url = `${config.root}/api/v1/patients/${patientIdentifier}/orders/${orderIdentifier}`;
      undici
        .request(url, { dispatcher, headers })
        .then(async ({ statusCode, body }) => {
          msg.payload = await body.json();
          msg.statusCode = statusCode;
          send(msg);
          done();
        })
        .catch((error) => done(new Error(error.message)));
    });
  });
};
