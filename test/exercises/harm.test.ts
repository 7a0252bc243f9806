/** A program that is being written can do anything. Whatever it does, try ends, says so, and the machine is as it was. */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exercises } from '#chapters/04-allns/exercises.ts'
import { candidateIn } from '../../runner/exercises/candidate.ts'
import type { ProgramExercise } from '../../runner/exercises/exercise.ts'
import { openTrialLab } from '../../runner/exercises/open-site.ts'
import { putFiles } from '../../runner/exercises/put-files.ts'
import { runChecksIn } from '../../runner/exercises/run-checks.ts'
import { hostUnchanged, needs, repository, scaled, temporaryDirectory } from '../harness/index.ts'

hostUnchanged()

const needed = { timeout: scaled(120_000), ...needs('root', 'busybox', 'nsenter') }

const main = exercises[0] as ProgramExercise

const programThatDoes = (line: string): string =>
  `import { execFileSync } from 'node:child_process'\nexecFileSync('sh', ['-c', ${JSON.stringify(line)}], { stdio: 'inherit' })\n`

/** Tries a program that does what a line of sh says, and returns what became of a file of the reader's beside it. */
const tryHarm = async (line: string): Promise<{ holding: number; canary: string }> => {
  const directory = temporaryDirectory()
  const canary = join(directory, 'letters')
  writeFileSync(canary, 'dear Ben')
  const lab = await openTrialLab([directory])
  try {
    const place = join(repository, 'work/harm')
    const text = programThatDoes(line.replaceAll('HOME', directory))
    await putFiles(lab, place, new Map([['main.ts', text]]))
    const { holding } = await runChecksIn(lab, main, candidateIn(main, place))
    return { holding, canary: readFileSync(canary, 'utf8') }
  } finally {
    await lab.close()
  }
}

// With an end, should nothing stop it: more processes than the limit allows, more bytes than the directory holds.
test.each([
  ['starts processes without end', 'i=0; while [ $i -lt 3000 ]; do sleep 100 & i=$((i+1)); done'],
  ['unmounts /proc', 'umount -l /proc; sleep 100'],
  ['fills the disk', 'for d in /tmp /var/tmp /run /dev/shm; do head -c 400M /dev/zero >$d/full; done'],
  ['kills all processes that it can', 'kill -9 -1'],
  ['removes the reader’s files', 'rm -rf HOME/* HOME/letters'],
  ['writes to the reader’s files', 'echo gone >HOME/letters'],
  ['takes all memory', 'head -c 3G /dev/zero | tail'],
])('a program that %s', needed, async (_, line) => {
  expect(await tryHarm(line)).toEqual({ holding: 0, canary: 'dear Ben' })
})
