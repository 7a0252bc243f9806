/** npm run bench: how long things take, side by side and as ratios of one run. A goal that is missed is said, not failed. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled } from '#native/find-on-path.ts'
import { benchSkdocker } from './bench-skdocker.ts'
import { type Candidate, measureInTurn, printMedians } from './measure.ts'
import { engineCandidates, failAtSignal, outputOf, TRUE, wholeProcess } from './run-process.ts'

const here = import.meta.dirname
const root = join(here, '..')
const tsx = ['--import', import.meta.resolve('tsx')]

/** A process that does the thing many times and prints the nanoseconds of each. */
const insideProcess = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: async () =>
    (await outputOf(command, args))
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
    await outputOf('cc', ['-O2', '-o', program, join(here, 'clone-loop.c')])
    const args = ['300', join(root, 'busybox'), '/bin/true']
    const candidates = [
      insideProcess('C', program, ...args),
      insideProcess('TypeScript', process.execPath, ...tsx, join(here, 'clone-loop.ts'), ...args),
    ]
    printMedians(
      'clone with five namespaces, exec, wait, inside the process',
      await measureInTurn(candidates, 5),
      'goal 1.0, at most 1.5',
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const benchProgram = async (): Promise<void> => {
  const candidates = [
    wholeProcess('node --import tsx, an empty file', process.execPath, ...tsx, join(here, 'empty.ts')),
    wholeProcess(
      'chapters/04-allns/main.ts busybox /bin/true',
      process.execPath,
      ...tsx,
      join(root, 'chapters/04-allns/main.ts'),
      ...TRUE,
    ),
    ...(await engineCandidates('podman')),
    ...(await engineCandidates('docker')),
  ]
  printMedians('a container that does nothing, from start to end', await measureInTurn(candidates), 'at most 1.15')
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
