/** npm run bench: how long things take, side by side and as ratios of one run. A goal that is missed is said, not failed. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled } from '#native/find-on-path.ts'
import { benchSkdocker } from './bench-skdocker.ts'
import { type Candidate, print, sideBySide } from './measure.ts'
import { engine, failAtSignal, run, TRUE, whole } from './run-process.ts'

const here = import.meta.dirname
const root = join(here, '..')
const tsx = ['--import', import.meta.resolve('tsx')]

/** A process that does the thing many times and prints the nanoseconds of each. */
const inside = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: async () =>
    (await run(command, args))
      .trim()
      .split('\n')
      .map(nanoseconds => Number(nanoseconds) / 1e6),
})

const benchClone = async (): Promise<void> => {
  if (!isInstalled('cc')) {
    console.log('\nskipped: clone beside C: there is no C compiler (cc): install gcc')
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'skdocker-bench-'))
  try {
    const program = join(directory, 'clone')
    await run('cc', ['-O2', '-o', program, join(here, 'clone-loop.c')])
    const args = ['300', join(root, 'busybox'), '/bin/true']
    const candidates = [
      inside('C', program, ...args),
      inside('TypeScript', process.execPath, ...tsx, join(here, 'clone-loop.ts'), ...args),
    ]
    print(
      'clone with five namespaces, exec, wait, inside the process',
      await sideBySide(candidates, 5),
      'goal 1.0, at most 1.5',
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const benchProgram = async (): Promise<void> => {
  const candidates = [
    whole('node --import tsx, an empty file', process.execPath, ...tsx, join(here, 'empty.ts')),
    whole(
      'chapters/04-allns/main.ts busybox /bin/true',
      process.execPath,
      ...tsx,
      join(root, 'chapters/04-allns/main.ts'),
      ...TRUE,
    ),
    ...(await engine('podman')),
    ...(await engine('docker')),
  ]
  print('a container that does nothing, from start to end', await sideBySide(candidates), 'at most 1.15')
}

failAtSignal()
try {
  await benchClone()
  await benchProgram()
  await benchSkdocker()
} catch (error) {
  console.error(`bench: ${(error as Error).message}`)
  process.exitCode ||= 1
}
