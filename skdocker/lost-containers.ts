/** Containers that run while nothing is left of their directory. Only their groups tell of them. */

import { existsSync, readFileSync } from 'node:fs'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { hasErrno, libc } from '#native/index.ts'
import { SIGTERM } from '#native/linux.ts'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { findCgroup, groupNames, limitHierarchies, parentGroupOf } from '#parts/cgroup/parent-group.ts'
import { CONTAINER_ID, containers } from './home-layout.ts'

const mountsOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
  } catch {
    return '' // it has ended
  }
}

// A container's /etc/hosts lies in its directory. For a container of another SKDOCKER_HOME that file is still there.
const isLost = (id: string): boolean => {
  const [pid] = processesOf(findCgroup(id))
  return pid !== undefined && mountsOf(pid).includes(`/${containers}/${id}/hosts//deleted `)
}

/**
 * The ids of the containers that run and whose directories are gone. Source: proc_pid_mountinfo(5)
 * @param known the ids of those that have a directory
 */
export const lostIds = (known: readonly string[]): string[] => {
  const names = limitHierarchies()
    .filter(hierarchy => existsSync(parentGroupOf(hierarchy)))
    .flatMap(groupNames)
  return [...new Set(names)].filter(name => CONTAINER_ID.test(name) && !known.includes(name) && isLost(name))
}

const INTERVAL = 20 // ms between two looks

/**
 * Stops a container of which no state can be read: by SIGTERM, and by SIGKILL when it does not end of that.
 * @param graceSeconds between the two
 * @throws ProgramError when it does not even die of SIGKILL
 */
export const stopWithoutState = async (id: string, graceSeconds: number): Promise<void> => {
  const cgroup = findCgroup(id)
  const { initAmong } = await import('#parts/enter.ts')
  const init = initAmong(processesOf(cgroup))
  const deadline = performance.now() + graceSeconds * 1000
  try {
    if (init !== undefined && graceSeconds > 0) libc.kill(init, SIGTERM)
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
  while (processesOf(cgroup).length > 0 && performance.now() < deadline)
    await new Promise(resolve => setTimeout(resolve, INTERVAL))
  await removeCgroup(cgroup)
}
