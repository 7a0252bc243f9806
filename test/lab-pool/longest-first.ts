/** The order of test files: with two at work at once the longest must not begin last. */

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take half a minute or more, the longest first. Each is worth it: see test/README.md. */
const LONGEST = [
  'runner/check-all-others',
  'runner/check-all-long',
  'harness/any-program',
  'skdocker/kill',
  'runner/check-run',
  'runner/walk',
  'skdocker/life',
]

const rank = ({ moduleId }: TestSpecification): number => {
  const index = LONGEST.findIndex(name => moduleId.endsWith(`test/${name}.test.ts`))
  return index < 0 ? LONGEST.length : index
}

/** Vitest's own order, which is by size, or by time where it was measured; but the longest come first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rank(one) - rank(other))
  }
}
