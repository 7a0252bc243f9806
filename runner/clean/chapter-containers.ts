/** The containers of chapter 07's own programs: a directory each, in a directory for each program. */

import { readdirSync, readlinkSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { CONTAINERS } from '#chapters/07-unionfs/overlay.ts'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { home } from '#parts/home-directory.ts'
import type { Leftover } from './leftover.ts'

// The second is copy-image.ts's.
const DIRECTORIES = [CONTAINERS, 'containers/07-copy-image']

const rootOf = (pid: string): string => {
  try {
    return readlinkSync(`/proc/${pid}/root`)
  } catch {
    return '' // it has ended, or is another user's
  }
}

/** The processes of a container: those of its group, and those whose root is its directory. */
const processesInside = (id: string, directory: string): number[] => {
  const inside = readdirSync('/proc').filter(name => /^\d+$/.test(name) && rootOf(name) === directory)
  return [...new Set([...processesOf(findCgroup(id)), ...inside.map(Number)])]
}

const leftover = (id: string, directory: string): Leftover => {
  const pids = processesInside(id, directory)
  const cgroup = findCgroup(id)
  return {
    what: `container ${id} of chapter 07`,
    usedBy: pids.length > 0 ? `processes ${pids.join(', ')}` : undefined,
    // Removing its group kills what is in it. copy-image.ts names no group after a container.
    ...(cgroup.length > 0 && { force: () => removeCgroup(cgroup) }),
    remove: async () => rmSync(directory, { recursive: true, force: true }),
  }
}

/** Looks for containers of chapter 07, and for the directories that hold them. */
export const findChapterContainers = (): Leftover[] =>
  DIRECTORIES.filter(path => statSync(join(home(), path), { throwIfNoEntry: false })).flatMap(path => {
    const directory = join(home(), path)
    const found = readdirSync(directory).map(id => leftover(id, join(directory, id)))
    const itself = { what: `${path}/, where chapter 07 keeps containers`, remove: async () => rmdirSync(directory) }
    return [...found, itself]
  })
