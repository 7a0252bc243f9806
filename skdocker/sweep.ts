/** What a program that was killed has left behind is cleaned up by the next one, whatever that is asked to do. */

import { existsSync, readFileSync } from 'node:fs'
import { Interrupted, isSystemError, ProgramError, say } from '#native/index.ts'
import { sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { isActive, lostContainers, readContainers } from './container-state.ts'
import { sweepHalfContainers } from './create-container.ts'
import { endUnattendedContainer } from './end-container.ts'
import { areContainersOthers } from './home-layout.ts'
import { isBridgeInUse, sweepBridge } from './host-changes.ts'
import { sweepHalfLayers } from './image-store.ts'

// This file is quicker to read than ip(8) is to start. A device of somebody else that has such a name costs only that.
const mayHaveBridge = (): boolean => /^ *skdocker/m.test(readFileSync('/proc/self/net/dev', 'utf8'))

// With the disk full or read-only something stays. The next program finds it again, and this one has its own work to do.
const ifPossible = async (act: () => unknown): Promise<void> => {
  try {
    await act()
  } catch (error) {
    if (error instanceof Interrupted) throw error
    if (!(error instanceof ProgramError) && !isSystemError(error)) throw error
  }
}

/**
 * Ends containers whose end nobody has seen, and removes what was half made. A container that is damaged is named on
 * stderr, a line each, and stops nobody.
 * @throws Interrupted, and what is no failure of the kernel or of a tool
 */
export const sweep = async (): Promise<void> => {
  if (areContainersOthers()) return
  await ifPossible(sweepHalfContainers)
  await ifPossible(sweepHalfLayers)
  const { containers, damaged } = readContainers()
  const lost = lostContainers([...containers, ...damaged])
  for (const { message } of [...damaged, ...lost]) say(`skdocker: ${message}`)
  for (const container of containers)
    if (!container.finished && !isActive(container)) await ifPossible(() => endUnattendedContainer(container))
  const kept = new Set([...containers.filter(isActive), ...damaged].map(({ id }) => id))
  // The groups of chapters 05 and 06 have pids for names.
  await ifPossible(() => sweepCgroups(name => kept.has(name) || existsSync(`/proc/${name}`)))
  // A bridge may have been made for a container before that was written down.
  if (mayHaveBridge() && !isBridgeInUse()) await ifPossible(sweepBridge)
}
