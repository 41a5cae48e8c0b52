// Counts the tests of a run for its closing line. `npm test` prints the line itself, after the last word of everything
// else, so the count goes to the file it names; a bare `vitest` prints it here.
import { writeFileSync } from 'node:fs'
import type { Reporter, SerializedError, TestModule } from 'vitest/node'

export class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const line = closingLine(modules, unhandledErrors.length)
    const file = process.env.TRAM_TEST_COUNTS
    if (file === undefined) process.stdout.write(`\n${line}\n`)
    else writeFileSync(file, line)
  }
}

function closingLine(modules: readonly TestModule[], unhandledErrors: number): string {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state))
  const count = (state: string) => states.filter((found) => found === state).length
  // A file that cannot be loaded, or whose set-up fails, has no failing test of its own and must count all the same.
  const brokenModules = modules.filter(
    (module) => !module.ok() && ![...module.children.allTests()].some((test) => test.result().state === 'failed'),
  )

  const failed = count('failed') + brokenModules.length + unhandledErrors
  const skipped = count('skipped') + count('pending')
  return `${count('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
