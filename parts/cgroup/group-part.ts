/** The part of a container's group that lies in one hierarchy. */

import { existsSync } from 'node:fs'
import { isLocked, lockFile, withLock } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { makeGroup, read, write } from './control-file.ts'
import { processes, removeTree, tree } from './group-tree.ts'
import type { Hierarchy } from './hierarchy.ts'
import { CONTROLLERS, type Limit, type Limits, limitsIn, settings } from './limits.ts'
import { makeParent, parentOf, removeParentIfEmpty } from './parent-group.ts'

/** Where a part lies, and the limits that are kept there. */
export type Part = { readonly hierarchy: Hierarchy; readonly path: string; readonly limits: readonly Limit[] }

// As Docker names a container. What begins otherwise is not a container's.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

/** Where the group of a container lies. Throws ProgramError for what cannot be a name: `..`, `a/b`. */
const pathOf = (hierarchy: Hierarchy, name: string): string => {
  if (!NAME.test(name))
    throw new ProgramError(
      `${JSON.stringify(name)} cannot name a cgroup: letters, digits, _ . and - can, 128 at most`,
    )
  return `${parentOf(hierarchy)}/${name}`
}

/**
 * The parts of a container's group: limits that are kept in the same hierarchy share one.
 * @param find where a controller is, if it is anywhere
 * @throws ProgramError for what cannot be a name
 */
export const partsOf = (
  name: string,
  limits: readonly Limit[],
  find: (controller: string) => Hierarchy | undefined,
): Part[] => {
  const parts = new Map<string, Part>()
  for (const limit of limits) {
    const hierarchy = find(CONTROLLERS[limit])
    if (!hierarchy) continue
    const path = pathOf(hierarchy, name)
    parts.set(path, { hierarchy, path, limits: [...(parts.get(path)?.limits ?? []), limit] })
  }
  return [...parts.values()]
}

/**
 * Whether a group is of no use to anybody. The lock tells one that is about to be used, or looked at for the last time,
 * from one whose program was killed.
 */
export const isAbandoned = (path: string): boolean => !isLocked(path) && processes(path).length === 0

const makeRoom = (path: string): void => {
  if (!existsSync(path)) return
  if (!isAbandoned(path))
    throw new ProgramError(`mkdir("${path}"): EEXIST (File exists): another container goes by that name`)
  removeTree(path)
}

const makeUnlocked = ({ hierarchy, path, limits }: Part): number => {
  makeRoom(path)
  const controllers = limits.map(limit => CONTROLLERS[limit])
  try {
    makeParent(hierarchy, controllers)
    makeGroup(path)
    return lockFile(path)
  } catch (error) {
    removeParentIfEmpty(hierarchy)
    throw error
  }
}

/**
 * Makes a part.
 * @returns a descriptor: until it is closed isAbandoned() says no
 * @throws ProgramError, and then it is not there
 */
export const makePart = (part: Part): number => withLock(part.hierarchy.mountPoint, () => makeUnlocked(part))

/** Sets what a part is to keep. Throws ProgramError. */
export const setLimits = ({ hierarchy, path, limits }: Part, values: Limits): void => {
  const all = limits.flatMap(limit => settings(hierarchy.version, limit, values[limit]!))
  for (const { file, value, ifThere } of all)
    if (!ifThere || existsSync(`${path}/${file}`)) write(`${path}/${file}`, value)
}

/** Removes a part, the groups below it, and what still runs in them. Throws ProgramError when that does not die. */
export const removePart = ({ hierarchy, path }: Part): void => {
  removeTree(path)
  withLock(hierarchy.mountPoint, () => removeParentIfEmpty(hierarchy))
}

const readIfThere = (path: string): string | undefined => read(path, 'ENOENT', 'ENODEV')

/** The limits that a part keeps now. */
export const limitsOf = ({ hierarchy, path }: Part): Limits =>
  limitsIn(hierarchy.version, file => readIfThere(`${path}/${file}`))

/**
 * How many processes of a part the kernel has killed for want of memory; 0 where another part keeps the memory.
 * Source: Documentation/admin-guide/cgroup-v1/memory.rst, OOM Control; cgroup-v2.rst, memory.events
 */
export const oomKillsOf = ({ hierarchy, path }: Part): number => {
  const count = (file: string): number => Number(/^oom_kill (\d+)$/m.exec(readIfThere(file) ?? '')?.[1] ?? 0)
  // v2 counts in what happens in the groups below.
  if (hierarchy.version === 2) return count(`${path}/memory.events`)
  return tree(path).reduce((sum, group) => sum + count(`${group}/memory.oom_control`), 0)
}
