/** npm run bench: how long things take, side by side and as ratios of one run. A goal that is missed is said, not failed. */

import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Candidate, print, sideBySide } from './measure.ts'

const here = import.meta.dirname
const root = join(here, '..')
const tsx = ['--import', import.meta.resolve('tsx')]

const run = (command: string, args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return stdout
  console.error(`bench: ${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr.trim()}`)
  process.exit(1)
}

const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some(directory => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** A whole process, from its start to its end. */
const whole = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: () => {
    const from = performance.now()
    run(command, args)
    return [performance.now() - from]
  },
})

/** A process that does the thing many times and prints the nanoseconds of each. */
const inside = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: () =>
    run(command, args)
      .trim()
      .split('\n')
      .map(nanoseconds => Number(nanoseconds) / 1e6),
})

const benchClone = (): void => {
  if (!isInstalled('cc')) {
    console.log('\nskipped: clone beside C: there is no C compiler (cc): install gcc')
    return
  }
  const directory = mkdtempSync(join(tmpdir(), 'skdocker-bench-'))
  try {
    const program = join(directory, 'clone')
    run('cc', ['-O2', '-o', program, join(here, 'clone.c')])
    const args = ['100', join(root, 'busybox'), '/bin/true']
    const candidates = [
      inside('C', program, ...args),
      inside('TypeScript', process.execPath, ...tsx, join(here, 'clone.ts'), ...args),
    ]
    print(
      'clone with five namespaces, exec, wait, inside the process',
      sideBySide(candidates, 5),
      'goal 1.0, at most 1.5',
    )
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const benchProgram = (): void => {
  const candidates = [
    whole('node --import tsx, an empty file', process.execPath, ...tsx, join(here, 'empty.ts')),
    whole(
      'chapters/04-allns/main.ts busybox /bin/true',
      process.execPath,
      ...tsx,
      join(root, 'chapters/04-allns/main.ts'),
      'busybox',
      '/bin/true',
    ),
    ...['runc', 'crun', 'podman', 'docker'].flatMap(otherRuntime),
  ]
  print('a container that does nothing, from start to end', sideBySide(candidates, 15), 'at most 1.15')
}

/** Others start `true` in the same root where they can; an engine that is installed but does not answer is named. */
const otherRuntime = (name: string): Candidate[] => {
  if (!isInstalled(name)) return []
  const args = name === 'docker' || name === 'podman' ? ['run', '--rm', 'busybox', '/bin/true'] : undefined
  if (args === undefined) return []
  if (spawnSync(name, args).status === 0) return [whole(`${name} ${args.join(' ')}`, name, ...args)]
  console.log(`skipped: ${name} is installed, but "${name} ${args.join(' ')}" fails`)
  return []
}

benchClone()
benchProgram()
