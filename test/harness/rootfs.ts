import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { atEnd } from './at-end.ts'
import { mountinfo } from './proc/mountinfo.ts'
import { repository } from './repository.ts'
import { patience, scaled, sleep } from './timeout.ts'

const run = promisify(execFile)

/**
 * A copy of busybox/ that a test may write to, removed at its end.
 * @param name of its directory: blanks, commas, colons, quotes and other characters are welcome, / is not
 * @returns its absolute path
 */
export async function freshRootfs(name = 'rootfs'): Promise<string> {
  const path = join(temporaryDirectory(), name)
  // No hard links: a write to the copy would be one to the original. And no /proc that may be mounted there.
  await run('cp', ['-ax', '--reflink=auto', join(repository, 'busybox'), path], { timeout: patience })
  return path
}

/** A new empty directory, removed with all it holds at the end of the test (of the file, outside of tests). */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'skdocker-test-'))
  atEnd(() => remove(path))
  return path
}

// Where the host is bind-mounted below, removing would not stop at the mount. One on its way out is waited for.
async function remove(path: string): Promise<void> {
  const mounted = () => mountinfo().filter(({ mountPoint }) => `${mountPoint}/`.startsWith(`${path}/`))
  for (let waits = 0; mounted().length > 0; waits++) {
    if (waits === 20) {
      throw new Error(`not removed, still mounted: ${mounted().map(({ mountPoint }) => mountPoint)}`)
    }
    await sleep(scaled(50))
  }
  await rm(path, { recursive: true, force: true })
}
