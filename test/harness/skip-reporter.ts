import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node'
import './needs.ts'
import './ours.ts'

const missingFor = (task: TestCase | TestSuite | TestModule): string[] => {
  const own = task.meta().missing ?? []
  return 'parent' in task ? [...own, ...missingFor(task.parent)] : own
}

const reason = (test: TestCase): string => {
  const result = test.result()
  if (result.state === 'skipped' && result.note) return result.note
  return [...new Set(missingFor(test))].join(', ') || 'no reason given (skip, todo, or another test has .only)'
}

const notSelected = (count: number): string[] =>
  count === 0
    ? []
    : [
        `  ${count} not selected: they are about our own programs, their wording and flags; SKDOCKER_PROGRAM is another's`,
      ]

const isSelected = (test: TestCase | TestSuite | TestModule): boolean =>
  !test.meta().notSelected && (!('parent' in test) || isSelected(test.parent))

// With -t the tests that were not asked for count as skipped for vitest, not for us.
const isAskedFor = (test: TestCase, pattern: RegExp | undefined): boolean =>
  !pattern || pattern.test(test.fullName.replaceAll(' > ', ' '))

/** Says at the end of every run how many tests were skipped and why, even when it is none. */
export class SkipReporter implements Reporter {
  #selected: RegExp | undefined

  onInit(vitest: Vitest): void {
    this.#selected = vitest.config.testNamePattern
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const asked = modules
      .flatMap(module => [...module.children.allTests('skipped')])
      .filter(test => isAskedFor(test, this.#selected))
    const skipped = asked.filter(isSelected)
    const counts = new Map<string, number>()
    for (const test of skipped) counts.set(reason(test), (counts.get(reason(test)) ?? 0) + 1)
    const lines = [...counts].map(([why, count]) => `    ${count} × ${why}`)
    console.log(
      [`  ${skipped.length} skipped`, ...lines, ...notSelected(asked.length - skipped.length), ''].join('\n'),
    )
    if (skipped.length === 0 || process.env.SKDOCKER_NO_SKIP !== '1') return
    console.log('  SKDOCKER_NO_SKIP=1: what is skipped has failed\n')
    process.exitCode = 1
  }
}
