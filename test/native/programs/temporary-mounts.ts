/** `<directory> wait|throw|fail|fail at once`: mounts that are to last as long as a child. SIGUSR2 ends it all before. */

import { readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { clone, exitCode, type SystemCallError } from '#native/index.ts'
import { SIGCHLD } from '#native/linux.ts'
import { dieWithParent, exec, mkdir, mount, umount2, withUndo } from '#native/steps.ts'

const [directory = '', how] = process.argv.slice(2)

const mounted = (source: string, path: string, type = 'tmpfs') => [
  mkdir(path),
  withUndo(mount(source, path, type), umount2(path, 0)),
]

const outer = join(directory, 'outer')
const inner = join(outer, 'inner')

const child = [
  dieWithParent(),
  ...(how === 'fail at once' ? [] : mounted('outer', outer)),
  ...mounted('inner', inner, how?.startsWith('fail') ? 'no-such-filesystem' : 'tmpfs'),
  ...exec(['/bin/sh', '-c', 'echo mounted; read end; exit 0']),
]

// Before there is a child, so that nobody who has seen it comes too early.
process.on('SIGUSR2', () => {
  if (how === 'throw') throw new Error('thrown')
  process.exit(3)
})

const pid = clone(child, SIGCHLD)

if (how?.startsWith('fail')) {
  const error = await exitCode(pid).catch((error: SystemCallError) => error)
  writeSync(1, `after: ${(error as SystemCallError).code}\n`)
} else {
  const code = await exitCode(pid)
  const left = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter(line => line.includes(directory))
  writeSync(1, `ended with ${code}, ${left.length} left\n`)
}
