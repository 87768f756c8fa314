/**
 * mocha's spec reporter that also adds a line `PASSED FAILED` to the file named by MOCHA_REPORT, for `.ci/run`: the
 * suites of `npm test` run side by side.
 * (mocha needs a CommonJS file here: a reporter is loaded before tsx is.)
 */
const { appendFileSync } = require('node:fs');
const { reporters } = require('mocha');

class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.MOCHA_REPORT;
      if (file) appendFileSync(file, `${this.stats.passes} ${this.stats.failures}\n`);
    });
  }
}

module.exports = CountingReporter;
