import { beforeEach } from 'vitest'
import { killMarked } from './kill.ts'
import { markedProcesses } from './mark.ts'
import { difference, expectSameHost, type Picture, picture } from './picture.ts'
import { scaled, sleep } from './timeout.ts'
import type { World } from './world.ts'

// A dying network namespace and its links, or a cgroup whose last process has just gone, take a moment.
const GRACE = scaled(2000)

/**
 * To be called in a describe or at the top of a test file: each test there fails when it leaves the machine
 * other than it was, once everything the test has started was given two seconds to go.
 * What is left of processes is then ended, so that the next test has a fair start.
 * @param worlds which are to be unchanged beside the host
 */
export const hostUnchanged = (...worlds: World[]): void => {
  // A picture takes a tenth of a second. What one test has left is what the next one of its group finds; only before the
  // first may a beforeAll() have done something.
  let last: { readonly group: string; readonly picture: Picture } | undefined

  beforeEach(async ({ task, onTestFinished }) => {
    const group = task.suite?.id ?? task.file.id
    const known = new Set(markedProcesses().map(({ pid }) => pid))
    const before = last?.group === group ? last.picture : await picture(...worlds)
    last = undefined
    // Registered first, so done last: after afterEach and after what the test itself has to undo.
    onTestFinished(async () => {
      let after = await picture(...worlds)
      for (const start = performance.now(); difference(before, after); after = await picture(...worlds)) {
        if (performance.now() - start > GRACE) break
        await sleep(50)
      }
      await killMarked(known)
      expectSameHost(before, after)
      last = { group, picture: after }
    })
  })
}
