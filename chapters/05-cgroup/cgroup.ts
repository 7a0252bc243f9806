/**
 * A cgroup is a directory. It is made, gets its limits, is joined by a container before the command begins, and is removed
 * in the end. Source: cgroups(7)
 */

import { type Step, write as writeInChild } from '#native/steps.ts'
import { mkdir, open, rmdir, write } from '#parts/cgroup/cgroupfs.ts'
import { killProcessesUntil } from '#parts/cgroup/group-processes.ts'
import type { Group } from '#parts/cgroup/hierarchy.ts'
import { type Limits, settingsFor } from '#parts/cgroup/limits.ts'
import { groupsFor, makeInParentGroup, removeParentGroupIfEmpty } from '#parts/cgroup/parent-group.ts'

/** A container's group: a directory `skdocker/NAME` in each hierarchy that has to keep one of the limits. */
export type Cgroup = readonly Group[]

/**
 * Makes a group and gives it its limits.
 * @param name of the container: its id, or the pid of the program that runs it
 * @throws ProgramError when no hierarchy keeps one of the limits, or the kernel refuses a value; the group is gone then
 */
export const createCgroup = async (name: string, limits: Limits): Promise<Cgroup> => {
  const made: Group[] = []
  try {
    for (const group of groupsFor(name, limits)) {
      await makeInParentGroup(group, () => mkdir(group.path))
      made.push(group)
      for (const { file, value } of settingsFor(group)) write(`${group.path}/${file}`, value)
    }
    return made
  } catch (error) {
    await removeCgroup(made)
    throw error
  }
}

/**
 * Opens the files of a group, and makes the steps by which a child writes itself into them. Whatever the child starts from
 * then on is born in the group.
 * @throws ProgramError when the group is gone
 */
export const joinCgroup = (cgroup: Cgroup): Step[] =>
  cgroup.map(({ path }) => writeInChild(open(`${path}/cgroup.procs`), '0')) // 0 is the process that writes it

/**
 * Removes a group, and kills what still runs in it. A group that is gone already is no error.
 * @throws ProgramError when a process does not die
 */
export const removeCgroup = async (cgroup: Cgroup): Promise<void> => {
  for (const group of cgroup) {
    killProcessesUntil(group.path, () => rmdir(group.path))
    await removeParentGroupIfEmpty(group)
  }
}
