/**
 * mocha's spec reporter that also writes `PASSED FAILED` to the file named by MOCHA_REPORT, for `.ci/run`.
 * (mocha needs a CommonJS file here: a reporter is loaded before tsx is.)
 */
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

class CountingReporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once('end', () => {
      const file = process.env.MOCHA_REPORT;
      if (file) writeFileSync(file, `${this.stats.passes} ${this.stats.failures}\n`);
    });
  }
}

module.exports = CountingReporter;
