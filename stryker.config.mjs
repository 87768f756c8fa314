import process from 'node:process';

/**
 * Mutation testing of the library, by hand, since it takes long:
 * `npm install --prefix ../stryker @stryker-mutator/core@9 @stryker-mutator/mocha-runner@9 typescript@5`, then
 * `../stryker/node_modules/.bin/stryker run` (with npx it does not find TypeScript).
 * It runs the unit tests only. `STRYKER_MUTATE` and `STRYKER_TESTS` narrow it down (globs with spaces between). Tests run
 * in the order in which they are named: those that need a server last.
 */
export default {
  testRunner: 'mocha',
  testRunnerNodeArgs: ['--import', 'tsx'],
  mutate: (
    process.env.STRYKER_MUTATE ?? 'src/lib/webhook/**/*.ts src/lib/auth/**/*.ts src/lib/api/**/*.ts'
  ).split(' '),
  mochaOptions: {
    spec: (
      process.env.STRYKER_TESTS ??
      'test/unit/api/**/*.test.ts test/unit/auth/**/*.test.ts test/unit/webhook/**/*.test.ts'
    ).split(' '),
  },
  coverageAnalysis: 'perTest',
  // tsx takes types away without looking at them.
  disableTypeChecks: false,
  ignorePatterns: ['coverage', 'bench'],
  ignoreStatic: true,
  concurrency: 2,
  timeoutMS: 5_000,
  reporters: ['clear-text', 'json', 'progress-append-only'],
  clearTextReporter: { logTests: false, allowColor: false },
  tempDirName: '.stryker-tmp',
  jsonReporter: { fileName: 'coverage/mutation.json' },
};
