/** Cleans up what killed programs have left behind. Every command does so first, whatever it is asked to do. */

import { existsSync, readFileSync } from 'node:fs'
import { Interrupted, isSystemError, ProgramError, say } from '#native/index.ts'
import { sweepCgroups } from '#parts/cgroup/parent-group.ts'
import { isActive, lostContainers, readContainers } from './container-state.ts'
import { sweepHalfContainers } from './create-container.ts'
import { endUnattendedContainer } from './end-container.ts'
import { areContainersOthers } from './home-layout.ts'
import { isBridgeInUse, sweepBridge } from './host-changes.ts'
import { sweepHalfLayers } from './image-store.ts'

// Reading this file is quicker than starting ip(8). If somebody else's device has such a name, ip(8) is started for nothing.
const mayHaveBridge = (): boolean => /^ *skdocker/m.test(readFileSync('/proc/self/net/dev', 'utf8'))

// On a disk that is full or read-only some things cannot be removed. The next program finds them again, and this one goes on.
const ifPossible = async (act: () => unknown): Promise<void> => {
  try {
    await act()
  } catch (error) {
    if (error instanceof Interrupted) throw error
    if (!(error instanceof ProgramError) && !isSystemError(error)) throw error
  }
}

/**
 * Ends containers whose end nobody has seen, and removes what was half made. Each damaged container is named on stderr, in
 * a line, and does not stop the command.
 * @throws Interrupted, and errors that are mistakes in this code
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
  // A killed program may have made a bridge before it wrote down for which container.
  if (mayHaveBridge() && !isBridgeInUse()) await ifPossible(sweepBridge)
}
