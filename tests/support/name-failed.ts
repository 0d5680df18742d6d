import { relative } from 'node:path'
import type { Reporter } from 'vitest/node'

/** A reporter that names every failed test in a line with the first line of its error, before others tell them at length. */
export default class NameFailed implements Reporter {
  onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = (modules) => {
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId)
      for (const { message } of module.errors()) name(file, 'did not load', message)
      for (const test of module.children.allTests('failed'))
        name(file, test.fullName, test.result().errors?.[0]?.message)
    }
  }
}

function name(file: string, test: string, error = ''): void {
  console.log(`✗ ${file}: ${test}: ${error.split('\n')[0]?.slice(0, 120) ?? ''}`)
}
