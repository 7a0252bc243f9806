import { getopt, ProgramError, print } from '#native/index.ts'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import {
  type Container,
  DamagedState,
  findContainer,
  isActive,
  loadContainer,
  stateOf,
} from '../container-state.ts'
import { removeContainer } from '../create-container.ts'
import { awaitCleanup, endAndRemoveContainer, isDiskFull } from '../end-container.ts'
import { removeCgroup } from '../host-changes.ts'
import { stopContainer } from './stop.ts'

const options = { force: { type: 'boolean', short: 'f', help: 'also when it runs: it is killed' } } as const

const refuseRunning = (name: string): never => {
  throw new ProgramError(`container ${name} is running: stop it first with "skdocker stop ${name}", or use rm -f`)
}

// On a full disk nothing can be written down any more, but the container must be removed all the same.
const awaitCleanupOnFullDisk = async (container: Container): Promise<void> => {
  try {
    await awaitCleanup(container)
  } catch (error) {
    if (!isDiskFull(error)) throw error
  }
}

const removeWhole = async (container: Container, name: string, force: boolean): Promise<void> => {
  if (stateOf(container) === 'running' && !force) refuseRunning(name)
  await stopContainer(container, 0)
  await awaitCleanupOnFullDisk(container)
  const now = loadContainer(container.id) ?? container
  if (isActive(now))
    throw new ProgramError(`container ${name} is being started by process ${now.starter?.pid}: end that first`)
  await endAndRemoveContainer(now)
}

/** Removes a damaged container. Only its group tells whether it runs. */
const removeDamaged = async ({ id }: DamagedState, force: boolean): Promise<void> => {
  if (processesOf(findCgroup(id)).length > 0 && !force) refuseRunning(id)
  await removeCgroup({ id })
  await removeContainer({ id })
}

const remove = async (name: string, force: boolean): Promise<void> => {
  let container: Container
  try {
    container = findContainer(name)
  } catch (error) {
    if (error instanceof DamagedState) return removeDamaged(error, force)
    throw error
  }
  await removeWhole(container, name, force)
}

/**
 * skdocker rm: removes containers and all that they have changed.
 * @param report is told the name of each that is gone
 */
export const rm = async (args: readonly string[], report: (name: string) => void = print): Promise<number> => {
  const { options: given, operands } = getopt('<container> [container...]', options, args, 'skdocker rm')
  for (const name of operands) {
    await remove(name, given.force ?? false)
    report(name)
  }
  return 0
}
