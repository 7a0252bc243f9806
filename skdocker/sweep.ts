/** What a program that was killed has left is put away by the next one, whatever that is asked to do. */

import { existsSync, readFileSync } from 'node:fs'
import { isSystemError, ProgramError } from '#native/index.ts'
import { sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { BRIDGE, removeBridgeIfUnused } from '#parts/network/bridge.ts'
import { isActive, listContainers } from './container.ts'
import { sweepHalves } from './create.ts'
import { isBridgeInUse, reap } from './finish.ts'
import { sweepLayers } from './image.ts'

// Quicker to be read than ip(8) is to be asked.
const isBridgeThere = (): boolean => readFileSync('/proc/self/net/dev', 'utf8').includes(`${BRIDGE}:`)

// With the disk full or read-only something stays; the next program finds it again, and this one has its own work.
const ifPossible = async (act: () => unknown): Promise<void> => {
  try {
    await act()
  } catch (error) {
    if (!(error instanceof ProgramError) && !isSystemError(error)) throw error
  }
}

/** Finishes containers that ended with nobody there to see it, and removes what was half made. Throws ProgramError. */
export const sweep = async (): Promise<void> => {
  await ifPossible(sweepHalves)
  await ifPossible(sweepLayers)
  const all = listContainers()
  for (const container of all)
    if (!container.finished && !isActive(container)) await ifPossible(() => reap(container))
  const active = all.filter(isActive)
  const ids = new Set(active.map(({ id }) => id))
  // The groups of chapters 05 and 06 bear pids.
  await ifPossible(() => sweepCgroups(name => ids.has(name) || existsSync(`/proc/${name}`)))
  // Its network may have been made before it was written down.
  if (isBridgeThere() && !isBridgeInUse()) await ifPossible(() => removeBridgeIfUnused())
}
