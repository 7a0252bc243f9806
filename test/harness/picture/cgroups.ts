import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mountinfo } from '../../../runner/probe/mountinfo.ts'

// systemd makes and removes units whenever it likes. They hold its name, and what the course makes does not.
const SYSTEMD_UNIT = /\.(service|scope|slice|mount|socket|swap)$/

/** A directory of a cgroup hierarchy with the pids of the processes in it. */
type Cgroup = { readonly path: string; readonly pids: readonly number[] }

// A directory may go while it is read; a threaded cgroup of v2 does not list its processes.
const unlessGone = <T>(read: () => T[]): T[] => {
  try {
    return read()
  } catch {
    return []
  }
}

const pidsIn = (path: string): number[] => {
  const file = join(path, 'cgroup.procs')
  return unlessGone(() => readFileSync(file, 'utf8').split('\n').filter(Boolean)).map(Number)
}

const linkCount = (path: string): number => lstatSync(path, { throwIfNoEntry: false })?.nlink ?? 0

const below = (directory: string): string[] => {
  // The link count of a cgroup is 2 + its children: most have none and need not be read.
  if (linkCount(directory) <= 2) return []
  return unlessGone(() => readdirSync(directory, { withFileTypes: true }))
    .filter(entry => entry.isDirectory())
    .map(({ name }) => join(directory, name))
    .flatMap(path => [path, ...below(path)])
}

/** The directories below the root of every cgroup hierarchy, v1 and v2. See cgroups(7). */
export const cgroups = (): Cgroup[] => {
  const hierarchies = mountinfo().filter(({ type }) => type === 'cgroup' || type === 'cgroup2')
  const roots = new Set(hierarchies.map(({ mountPoint }) => mountPoint))
  const paths = [...roots].flatMap(below).filter(path => !SYSTEMD_UNIT.test(path))
  return paths.map(path => ({ path, pids: pidsIn(path) }))
}

/** The paths of those that hold processes, none of which is ours: they come and go without our doing. */
export const cgroupsOfOthers = (all: readonly Cgroup[], ours: ReadonlySet<number>): string[] =>
  all.filter(({ pids }) => pids.length > 0 && !pids.some(pid => ours.has(pid))).map(({ path }) => path)
