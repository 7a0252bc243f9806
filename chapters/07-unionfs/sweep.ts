/** What a program that was killed has left is put away by the next one, whatever that is asked to do. */

import { existsSync } from 'node:fs'
import { sweepCgroups } from '../05-cgroup/cgroup.ts'
import { isActive, listContainers, sweepHalves } from './container.ts'
import { reap } from './start.ts'

/**
 * Finishes containers that ended with nobody there to see it, and removes what was half made.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const sweep = async (): Promise<void> => {
  sweepHalves()
  const all = listContainers()
  for (const container of all)
    if (container.runtime && !container.finished && !isActive(container)) await reap(container)
  const active = new Set(all.filter(isActive).map(({ id }) => id))
  // The groups of chapters 05 and 06 bear pids.
  sweepCgroups(name => active.has(name) || existsSync(`/proc/${name}`))
}
