/** Whether what setup makes is complete. */

import { spawnSync } from 'node:child_process'
import { lstatSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { home } from '#parts/home-directory.ts'
import { busyboxSkeleton } from '../setup/skeleton.ts'
import { staticProblem } from '../setup/static-problem.ts'
import { chaptersFrom, type Finding, missing, ok } from './finding.ts'

const CURE = 'run "npm run setup"'
const FEW = 4

/** What setup puts into images/. */
const IMAGE_FILES = ['busybox.tar', 'hello.tar', 'hello.json']

const list = (names: readonly string[]): string =>
  names.slice(0, FEW).join(', ') + (names.length > FEW ? ` and ${names.length - FEW} more` : '')

const busybox = (repository: string): Finding => {
  const subject = { id: 'busybox', name: 'busybox/', chapters: chaptersFrom(2) }
  const rootfs = join(repository, 'busybox')
  const program = join(rootfs, 'bin/busybox')
  const problem = staticProblem(program)
  if (problem) return missing(subject, `busybox/bin/busybox ${problem}`, CURE)
  const stat = (path: string): Stats | undefined => lstatSync(join(rootfs, path), { throwIfNoEntry: false })
  const wanted = [...Object.keys(busyboxSkeleton.directories), ...Object.keys(busyboxSkeleton.files)]
  // A plain file of that name is what "2>/dev/null" makes where there is no device.
  const devices = busyboxSkeleton.devices
    .map(([name]) => `dev/${name}`)
    .filter(path => !stat(path)?.isCharacterDevice())
  const lacking = [...wanted.filter(path => !stat(path)), ...devices]
  if (lacking.length > 0) return missing(subject, `without ${list(lacking)}`, `${CURE}, as root`)
  const { status, error } = spawnSync(program, ['true'], { argv0: 'busybox' })
  if (status === 0) return ok(subject, 'complete, and it runs')
  return missing(subject, `busybox true: ${error?.message ?? `ended with ${status}`}`, CURE)
}

const packed = (): Finding => {
  const subject = { id: 'images', name: 'images/', chapters: chaptersFrom(7) }
  const lacking = IMAGE_FILES.filter(file => {
    const stat = statSync(join(home(), 'images', file), { throwIfNoEntry: false })
    return !stat || stat.size === 0
  })
  if (lacking.length > 0) return missing(subject, `without ${list(lacking)}`, CURE)
  return ok(subject, list(IMAGE_FILES))
}

/** Looks at busybox/ and images/. */
export const workbook = (repository: string): Finding[] => [busybox(repository), packed()]
