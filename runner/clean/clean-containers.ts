/** containers/: what skdocker run has made and nobody has removed. */

import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { ProgramError } from '#native/index.ts'
import { processesOf } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { rm } from '#skdocker/commands/rm.ts'
import { stopContainer } from '#skdocker/commands/stop.ts'
import { type Container, isActive, loadContainer, stateOf } from '#skdocker/container-state.ts'
import { sweepHalfContainers } from '#skdocker/create-container.ts'
import { areContainersOthers, containerPaths, containers, home, isContainerEntry } from '#skdocker/home-layout.ts'
import { findChapterContainers } from './chapter-containers.ts'
import type { Leftover, Search } from './leftover.ts'

const directory = (): string => join(home(), containers)

const user = (container: Container): string | undefined => {
  if (stateOf(container) === 'running') return `its process ${container.init!.pid}`
  return isActive(container) ? `process ${container.starter!.pid}, which is starting it` : undefined
}

const readableContainer = (container: Container): Leftover => ({
  what: `container ${container.id} (${container.name}, of image ${container.image})`,
  usedBy: user(container),
  force: () => stopContainer(container, 0),
  remove: async () => void (await rm([container.id], () => {})),
})

/** A container whose state cannot be read. Nobody can start it, and its files are all that is left of it. */
const damagedContainer = (id: string): Leftover => {
  const inside = processesOf(findCgroup(id))
  return {
    what: `container ${id}, whose state cannot be read`,
    usedBy: inside.length > 0 ? `processes ${inside.join(', ')}` : undefined,
    remove: async () => {
      await removeCgroup(findCgroup(id))
      rmSync(containerPaths(id).directory, { recursive: true, force: true })
    },
  }
}

const leftover = (id: string): Leftover[] => {
  try {
    const container = loadContainer(id)
    return container ? [readableContainer(container)] : []
  } catch (error) {
    if (error instanceof ProgramError) return [damagedContainer(id)]
    throw error
  }
}

const isEmpty = (): boolean => readdirSync(directory()).length === 0

const containersDirectory: Leftover = {
  what: `${containers}/, where containers are kept`,
  // Whatever does not look like a container may be somebody else's, and stays.
  remove: async () => {
    await sweepHalfContainers()
    if (!isEmpty()) throw new ProgramError(`there is still something in it: ${readdirSync(directory()).join(', ')}`)
    rmdirSync(directory())
  },
}

/** Looks for containers. */
export const findContainers = (): Search => {
  if (!statSync(directory(), { throwIfNoEntry: false })) return { leftovers: [], unseen: [] }
  if (areContainersOthers()) return { leftovers: [], unseen: [`${containers}/: only its owner may look into it`] }
  const found = readdirSync(directory()).filter(isContainerEntry).flatMap(leftover)
  return { leftovers: [...findChapterContainers(), ...found, containersDirectory], unseen: [] }
}
