/** skdocker/, the group at the root of a hierarchy in which all of ours lie: made for the first, gone with the last. */

import { existsSync } from 'node:fs'
import { groupsIn, makeGroup, read, removeGroup, write } from './control-file.ts'
import type { Hierarchy } from './hierarchy.ts'

/** Where our groups lie in a hierarchy. */
export const parentOf = ({ mountPoint }: Hierarchy): string => `${mountPoint}/skdocker`

/** The names of our groups in a hierarchy. */
export const names = (hierarchy: Hierarchy): string[] => groupsIn(parentOf(hierarchy)).filter(name => !isNote(name))

// In v2 a group has only the controllers that the one above hands down. What we change at the root is to be taken back
// with our last group, perhaps by another program than this one: an empty group `+cpu` is the note of it, as it cannot
// outlive skdocker/ as a file could.
const isNote = (name: string): boolean => name.startsWith('+')

const subtreeControl = (group: string): string => `${group}/cgroup.subtree_control`

const handsDown = (group: string, controller: string): boolean =>
  read(subtreeControl(group))!.split(' ').includes(controller)

const handDownFromRoot = (hierarchy: Hierarchy, controller: string): void => {
  if (handsDown(hierarchy.mountPoint, controller)) return
  // The note comes first: killed in between, we take back what was not done, and that is nothing.
  makeGroup(`${parentOf(hierarchy)}/+${controller}`, 'EEXIST')
  write(subtreeControl(hierarchy.mountPoint), `+${controller}`)
}

const takeBack = (hierarchy: Hierarchy, controller: string): void => {
  const parent = parentOf(hierarchy)
  write(subtreeControl(parent), `-${controller}`)
  // Busy: somebody else has come to hand it down further.
  write(subtreeControl(hierarchy.mountPoint), `-${controller}`, 'EBUSY')
  removeGroup(`${parent}/+${controller}`)
}

/**
 * Makes skdocker/ ready for a group. To be called under the lock of the hierarchy's root, as the next.
 * @param controllers what the group is to have
 * @throws ProgramError
 */
export const makeParent = (hierarchy: Hierarchy, controllers: readonly string[]): void => {
  const parent = parentOf(hierarchy)
  makeGroup(parent, 'EEXIST')
  if (hierarchy.version === 1) return
  for (const controller of controllers) {
    handDownFromRoot(hierarchy, controller)
    if (!handsDown(parent, controller)) write(subtreeControl(parent), `+${controller}`)
  }
}

/**
 * Removes skdocker/ when no group is left in it, and takes back what makeParent() has changed at the root.
 * @throws ProgramError
 */
export const removeParentIfEmpty = (hierarchy: Hierarchy): void => {
  const parent = parentOf(hierarchy)
  if (!existsSync(parent)) return
  const inside = groupsIn(parent)
  if (!inside.every(isNote)) return
  for (const note of inside) takeBack(hierarchy, note.slice(1))
  // Busy: somebody has put something of his own there.
  removeGroup(parent, 'EBUSY')
}
