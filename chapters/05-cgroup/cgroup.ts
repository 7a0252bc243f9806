/**
 * Control groups: what a container may use of the machine. The group of a container is skdocker/NAME, in each hierarchy
 * that has a limit to keep.
 */

import { closeSync, constants, existsSync, openSync } from 'node:fs'
import { withLock } from '#native/file-lock.ts'
import { type Step, write as writeTo } from '#native/steps.ts'
import { removeGroup, write } from '#parts/cgroup/control-file.ts'
import {
  isAbandoned,
  limitsOf,
  makePart,
  oomKillsOf,
  type Part,
  partsOf,
  removePart,
  setLimits,
} from '#parts/cgroup/group-part.ts'
import { processes, tree } from '#parts/cgroup/group-tree.ts'
import { findHierarchy, type Hierarchy, hierarchyOf } from '#parts/cgroup/hierarchy.ts'
import { CONTROLLERS, LIMITS, type Limits } from '#parts/cgroup/limits.ts'
import { names, parentOf, removeParentIfEmpty } from '#parts/cgroup/parent-group.ts'

/** The group of a container. */
export class Cgroup {
  readonly #parts: readonly Part[]
  readonly #open: number[]

  /** @param open descriptors to be closed once the group is removed */
  constructor(parts: readonly Part[], open: number[] = []) {
    this.#parts = parts
    this.#open = open
  }

  /**
   * Moves a process in; whatever it starts from then on is in too. One that has died is no error.
   * @throws ProgramError
   */
  add(pid: number): void {
    for (const { path } of this.#parts) write(`${path}/cgroup.procs`, String(pid), 'ESRCH')
  }

  /**
   * Steps by which a child moves itself in. For the kernel that takes ten milliseconds or so, and a parent that has more
   * to do than to wait can do it meanwhile. Source: cgroups(7), cgroup.procs
   * @throws NodeJS.ErrnoException
   */
  join(): Step[] {
    return this.#parts.map(({ path }) => {
      const procs = openSync(`${path}/cgroup.procs`, constants.O_WRONLY)
      this.#open.push(procs)
      return writeTo(procs, '0') // whoever writes it
    })
  }

  /** The pids of all that is in it and in the groups below. */
  processes(): number[] {
    return [...new Set(this.#parts.flatMap(({ path }) => processes(path)))]
  }

  /** The limits as the kernel has them. */
  limits(): Limits {
    return Object.assign({}, ...this.#parts.map(limitsOf))
  }

  /** How many of its processes the kernel has killed for want of memory. */
  oomKills(): number {
    return this.#parts.map(oomKillsOf).reduce((sum, kills) => sum + kills, 0)
  }

  /**
   * Removes it and the groups below, and kills what is still in them. A second time does nothing.
   * @throws ProgramError when that does not die
   */
  remove(): void {
    for (const part of this.#parts) removePart(part)
    for (const fd of this.#open.splice(0)) closeSync(fd)
  }
}

/**
 * Makes a group with limits. As long as this program runs and has not removed it, sweepCgroups() leaves it alone.
 * @param name of the container: its pid, or an id
 * @throws ProgramError when no hierarchy carries what is asked for, or one does not take it; then nothing is left of it
 */
export const createCgroup = (name: string, limits: Limits): Cgroup => {
  const wanted = LIMITS.filter(limit => limits[limit] !== undefined)
  const made: Part[] = []
  const locks: number[] = []
  const cgroup = new Cgroup(made, locks)
  try {
    for (const part of partsOf(name, wanted, hierarchyOf)) {
      locks.push(makePart(part))
      made.push(part)
      setLimits(part, limits)
    }
    return cgroup
  } catch (error) {
    cgroup.remove()
    throw error
  }
}

/**
 * The group of a container that another program has made.
 * @param name of the container
 * @returns undefined when there is none
 * @throws ProgramError for what cannot be a name
 */
export const cgroupOf = (name: string): Cgroup | undefined => {
  const parts = partsOf(name, LIMITS, findHierarchy).filter(({ path }) => existsSync(path))
  return parts.length > 0 ? new Cgroup(parts) : undefined
}

const isPid = (name: string): boolean => /^\d+$/.test(name)

/**
 * Removes the groups that killed programs have left: those in which no process is, and which no living program has made.
 * @param isKept whether a container is to keep its group all the same; unless told, one that has an id and no pid for
 * its name
 * @throws ProgramError
 */
export const sweepCgroups = (isKept: (name: string) => boolean = name => !isPid(name)): void => {
  const found = LIMITS.flatMap(limit => findHierarchy(CONTROLLERS[limit]) ?? [])
  const hierarchies = new Map(found.map(hierarchy => [hierarchy.mountPoint, hierarchy]))
  for (const hierarchy of hierarchies.values())
    if (existsSync(parentOf(hierarchy))) withLock(hierarchy.mountPoint, () => sweep(hierarchy, isKept))
}

const sweep = (hierarchy: Hierarchy, isKept: (name: string) => boolean): void => {
  const gone = names(hierarchy).filter(name => !isKept(name))
  const abandoned = gone.map(name => `${parentOf(hierarchy)}/${name}`).filter(isAbandoned)
  // What is busy for a moment is left to the next sweep.
  for (const path of abandoned) tree(path).every(group => removeGroup(group, 'EBUSY'))
  removeParentIfEmpty(hierarchy)
}

/** Says so on stderr when the kernel has killed for want of memory: the exit code alone, 137, does not tell. */
export const tellOutOfMemory = (cgroup: Cgroup): void => {
  const kills = cgroup.oomKills()
  if (kills > 0)
    console.error(
      `skdocker: out of memory: the kernel has killed ${kills} of the container's processes: give it more with --memory`,
    )
}
