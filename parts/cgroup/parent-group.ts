/**
 * The parent group, skdocker/, lies at the root of a hierarchy, and every container has a group of its own in it. It is made
 * for the first container and removed with the last. Programs that run at the same time share it. Each of them also sweeps
 * it: it removes the groups that killed programs have left.
 */

import { existsSync } from 'node:fs'
import { isLocked, lockFile, withLock } from '#native/file-lock.ts'
import { ProgramError } from '#native/index.ts'
import { closeWithGroup, groupsIn, mkdir, read, rmdir, write } from './cgroupfs.ts'
import { killProcessesUntil, processesIn, removeEmptyGroups } from './group-processes.ts'
import { findHierarchies, type Group, type Hierarchy, hierarchyOf } from './hierarchy.ts'
import { CONTROLLERS, controllersOf, LIMITS, type LimitedGroup, type Limits } from './limits.ts'

/** The path of the parent group in a hierarchy. */
export const parentGroupOf = ({ mountPoint }: Hierarchy): string => `${mountPoint}/skdocker`

// Docker takes the same names for a container. A group whose name begins otherwise is not a container's.
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

const groupOf = (hierarchy: Hierarchy, name: string): Group => {
  if (!NAME.test(name))
    throw new ProgramError(
      `${JSON.stringify(name)} cannot name a cgroup: letters, digits, _ . and - can, 128 at most`,
    )
  return { ...hierarchy, path: `${parentGroupOf(hierarchy)}/${name}` }
}

/**
 * The directories that a container needs: one in each hierarchy that keeps at least one of its limits.
 * @throws ProgramError for what cannot be a name (`..`, `a/b`), and when no hierarchy keeps a limit
 */
export const groupsFor = (name: string, limits: Limits): LimitedGroup[] => {
  const groups = new Map<string, LimitedGroup>()
  for (const limit of LIMITS) {
    if (limits[limit] === undefined) continue
    const group = groupOf(hierarchyOf(CONTROLLERS[limit]), name)
    groups.set(group.path, { ...group, limits: { ...groups.get(group.path)?.limits, [limit]: limits[limit] } })
  }
  return [...groups.values()]
}

/** Every hierarchy in which a container may have a group. */
export const limitHierarchies = (): Hierarchy[] => findHierarchies(Object.values(CONTROLLERS))

/**
 * The group of a container that this or another program has made: its directories, none when there is no group.
 * @throws ProgramError for what cannot be a name
 */
export const findCgroup = (name: string): Group[] =>
  limitHierarchies()
    .map(hierarchy => groupOf(hierarchy, name))
    .filter(({ path }) => existsSync(path))

// In v2 a group has only the controllers that the group above hands down. What a program changes at the root has to be taken
// back with the last container, and another program may have to do so. It learns of the change from a note in skdocker/: for
// the controller cpu that is an empty group `+cpu`. A file somewhere else could outlive skdocker/, and a group in it cannot.
const isNote = (name: string): boolean => name.startsWith('+')

/** The names of the containers' groups in a hierarchy. */
export const groupNames = (hierarchy: Hierarchy): string[] =>
  groupsIn(parentGroupOf(hierarchy)).filter(name => !isNote(name))

const subtreeControl = (group: string): string => `${group}/cgroup.subtree_control`

const handsDown = (group: string, controller: string): boolean =>
  (read(subtreeControl(group), 'ENOENT') ?? '').split(' ').includes(controller)

/** The path of the note that the root hands a controller down for skdocker/. */
const noteOf = (hierarchy: Hierarchy, controller: string): string => `${parentGroupOf(hierarchy)}/+${controller}`

/** A controller that groups in skdocker/ lack in v2, and whether the root, skdocker/, or both have to hand it down. */
type HandingDown = { readonly controller: string; readonly fromRoot: boolean; readonly fromParent: boolean }

/** The controllers that makeParentGroup() would have handed down, were it called now. In v1 that is none. */
export const findHandingDown = (hierarchy: Hierarchy, controllers: readonly string[]): HandingDown[] => {
  if (hierarchy.version === 1) return []
  return controllers
    .map(controller => ({
      controller,
      fromRoot: !handsDown(hierarchy.mountPoint, controller),
      fromParent: !handsDown(parentGroupOf(hierarchy), controller),
    }))
    .filter(({ fromRoot, fromParent }) => fromRoot || fromParent)
}

const handDown = (hierarchy: Hierarchy, { controller, fromRoot, fromParent }: HandingDown): void => {
  if (fromRoot) {
    // The note comes first. If this program is killed in between, a later one takes back a change that was never made,
    // which does no harm.
    mkdir(noteOf(hierarchy, controller), 'EEXIST')
    write(subtreeControl(hierarchy.mountPoint), `+${controller}`)
  }
  if (fromParent) write(subtreeControl(parentGroupOf(hierarchy)), `+${controller}`)
}

const showWrite = (group: string, sign: '+' | '-', controller: string): string =>
  `write("${subtreeControl(group)}", "${sign}${controller}")`

/** The calls by which a controller is handed down, as --trace shows them. */
export const showHandingDown = (group: Group, { controller, fromRoot, fromParent }: HandingDown): string[] => [
  ...(fromRoot ? [`mkdir("${noteOf(group, controller)}")`, showWrite(group.mountPoint, '+', controller)] : []),
  ...(fromParent ? [showWrite(parentGroupOf(group), '+', controller)] : []),
]

/** The calls by which the last group takes back what was changed at the root. */
export const showTakingBack = (group: Group, { controller, fromRoot }: HandingDown): string[] =>
  fromRoot
    ? [
        showWrite(parentGroupOf(group), '-', controller),
        showWrite(group.mountPoint, '-', controller),
        `rmdir("${noteOf(group, controller)}")`,
      ]
    : []

const takeBackFromRoot = (hierarchy: Hierarchy, controller: string): void => {
  const parent = parentGroupOf(hierarchy)
  write(subtreeControl(parent), `-${controller}`)
  // EBUSY means that another group at the root hands the controller down further, and so needs it.
  write(subtreeControl(hierarchy.mountPoint), `-${controller}`, 'EBUSY')
  rmdir(noteOf(hierarchy, controller))
}

/**
 * Makes skdocker/, and has controllers handed down to the groups in it. The caller holds the lock of the hierarchy.
 * @param controllers such as `cpu`; those that its groups have already are left as they are
 * @throws ProgramError
 */
export const makeParentGroup = (hierarchy: Hierarchy, controllers: readonly string[]): void => {
  mkdir(parentGroupOf(hierarchy), 'EEXIST')
  for (const each of findHandingDown(hierarchy, controllers)) handDown(hierarchy, each)
}

/** Does what removeParentGroupIfEmpty() does. The caller holds the lock of the hierarchy. */
const removeEmptyParentGroup = (hierarchy: Hierarchy): void => {
  const parent = parentGroupOf(hierarchy)
  if (!existsSync(parent)) return
  const names = groupsIn(parent)
  if (!names.every(isNote)) return
  for (const note of names) takeBackFromRoot(hierarchy, note.slice(1))
  // skdocker/ stays when somebody has put a process or a group of their own there.
  rmdir(parent)
}

/**
 * Removes skdocker/ when no group is left in it, and takes back what was changed at the root for it.
 * @throws ProgramError
 */
export const removeParentGroupIfEmpty = (hierarchy: Hierarchy): Promise<void> =>
  withLock(hierarchy.mountPoint, () => removeEmptyParentGroup(hierarchy))

// A group without a process may belong to a container that has not joined it yet, or whose end is still to be recorded. So
// a program locks each group that it has made, as long as it lives. A group without a lock and without a process was left
// by a program that was killed.
const isAbandoned = (path: string): boolean => !isLocked(path) && processesIn(path).length === 0

/** Removes a group that a killed program has left. Throws ProgramError when a container still has the group. */
const removeAbandonedGroup = (path: string): void => {
  if (!existsSync(path)) return
  if (!isAbandoned(path))
    throw new ProgramError(`mkdir("${path}"): EEXIST (File exists): another container goes by that name`)
  killProcessesUntil(path, () => rmdir(path))
}

/**
 * Makes a container's directory in skdocker/, while no other program makes or removes one in this hierarchy. As long as
 * this program lives and has not removed it, sweepCgroups() leaves it alone.
 * @param make the function that makes the directory itself
 * @throws ProgramError, also when another container has the name
 */
export const makeInParentGroup = (group: LimitedGroup, make: () => void): Promise<void> =>
  withLock(group.mountPoint, () => {
    removeAbandonedGroup(group.path)
    try {
      makeParentGroup(group, controllersOf(group.limits))
      make()
      closeWithGroup(group.path, lockFile(group.path))
    } catch (error) {
      removeEmptyParentGroup(group)
      throw error
    }
  })

const isPid = (name: string): boolean => /^\d+$/.test(name)

const sweep = (hierarchy: Hierarchy, isKept: (name: string) => boolean): void => {
  const paths = groupNames(hierarchy)
    .filter(name => !isKept(name))
    .map(name => `${parentGroupOf(hierarchy)}/${name}`)
  for (const path of paths) if (isAbandoned(path)) removeEmptyGroups(path)
  removeEmptyParentGroup(hierarchy)
}

/**
 * Removes the groups that killed programs have left: no process is in them, and no living program has made them.
 * @param isKept whether a container of this name is to keep its group all the same. By default every group stays whose name
 * is not a pid: the programs of the chapters name their groups by a pid, and skdocker names its own by an id.
 * @throws ProgramError
 */
export const sweepCgroups = async (isKept: (name: string) => boolean = name => !isPid(name)): Promise<void> => {
  for (const hierarchy of limitHierarchies())
    if (existsSync(parentGroupOf(hierarchy))) await withLock(hierarchy.mountPoint, () => sweep(hierarchy, isKept))
}
