import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mountinfo } from '../../runner/probe/mountinfo.ts'
import { atEnd, atStart } from './at-end.ts'
import { repository } from './repository.ts'
import { patience, scaled, sleep } from './timeout.ts'

const run = promisify(execFile)

/**
 * A copy of busybox/ that a test may write to, removed at its end.
 * @param name of its directory: blanks, commas, colons, quotes and other characters are welcome, / is not
 * @returns its absolute path
 */
export const freshRootfs = async (name = 'rootfs'): Promise<string> => {
  const path = join(temporaryDirectory(), name)
  // No hard links: a write to the copy would be one to the original. And no /proc that may be mounted there.
  await run('cp', ['-ax', '--reflink=auto', join(repository, 'busybox'), path], { timeout: patience })
  return path
}

const PREFIX = 'skdocker-test-'

// Those that have not been removed yet.
const made = new Set<string>()

const mountedBelow = (path: string): string[] =>
  mountinfo()
    .map(({ mountPoint }) => mountPoint)
    .filter(mountPoint => `${mountPoint}/`.startsWith(`${path}/`))

// Removing would not stop at a mount, and something of the host may be mounted below. A mount may need a moment to go.
const removeWhenUnmounted = async (path: string): Promise<void> => {
  for (let waits = 0; mountedBelow(path).length > 0; waits++) {
    if (waits === 20) throw new Error(`not removed, still mounted: ${mountedBelow(path)}`)
    await sleep(scaled(50))
  }
  await rm(path, { recursive: true, force: true })
  made.delete(path)
}

/**
 * A new empty directory, removed with all it holds at the end of the test. Outside of tests it is made before the first
 * test that can see it, and removed at the end of the file.
 * @param name of the directory, behind a part that is different each time
 */
export const temporaryDirectory = (name = ''): string => {
  const unique = join(tmpdir(), `${PREFIX}${randomBytes(6).toString('hex')}`)
  const path = join(unique, name)
  atStart(() => {
    made.add(unique)
    mkdirSync(unique, { mode: 0o700 })
    if (path !== unique) mkdirSync(path)
  })
  atEnd(() => removeWhenUnmounted(unique))
  return path
}

/** @throws Error that names the directories of this test file that are still there, though all has been undone */
export const expectNoDirectories = (): void => {
  const left = [...made].filter(path => existsSync(path))
  if (left.length > 0) throw new Error(`the test file has left directories: ${left.join(', ')}`)
}
