import { beforeEach } from 'vitest'
import { killMarked } from './kill.ts'
import { markedProcesses } from './mark.ts'
import { difference, expectSameHost, picture } from './picture.ts'
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
export function hostUnchanged(...worlds: World[]): void {
  beforeEach(async ({ onTestFinished }) => {
    const known = new Set(markedProcesses().map(({ pid }) => pid))
    const before = await picture(...worlds)
    // Registered first, so done last: after afterEach and after what the test itself has to undo.
    onTestFinished(async () => {
      let after = await picture(...worlds)
      for (const start = performance.now(); difference(before, after); after = await picture(...worlds)) {
        if (performance.now() - start > GRACE) break
        await sleep(50)
      }
      await killMarked(known)
      expectSameHost(before, after)
    })
  })
}
