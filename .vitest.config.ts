// How the tests run: two workers on the two cores we plan for, one PostgreSQL and one Redis for the whole run, and a
// fresh copy of the migrated database for each file that asks for one.
import { defineConfig } from 'vitest/config'
import { ClosingLineReporter } from './test/support/closing-line-reporter.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Loading the edge takes longer than most tests; files share a process and keep their state to themselves.
    isolate: false,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    reporters: ['default', new ClosingLineReporter()],
  },
})
