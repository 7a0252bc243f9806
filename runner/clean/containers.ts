/** containers/: what skdocker run has made and nobody has removed. */

import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { cgroupOf } from '#chapters/05-cgroup/cgroup.ts'
import { ProgramError } from '#native/index.ts'
import { rm } from '#skdocker/commands/rm.ts'
import { end } from '#skdocker/commands/stop.ts'
import { type Container, fileIn, isActive, load, NAME, stateOf } from '#skdocker/container.ts'
import { sweepHalves } from '#skdocker/create.ts'
import { containers, home } from '#skdocker/home.ts'
import { findChapterContainers } from './chapter-containers.ts'
import type { Leftover, Search } from './leftover.ts'
import { quietly } from './quietly.ts'

const directory = (): string => join(home(), containers)

const user = (container: Container): string | undefined => {
  if (stateOf(container) === 'running') return `its process ${container.init!.pid}`
  return isActive(container) ? `process ${container.runtime!.pid}, which is starting it` : undefined
}

const whole = (container: Container): Leftover => ({
  what: `container ${container.id} (${container.name}, of image ${container.image})`,
  usedBy: user(container),
  force: () => end(container, 0),
  remove: () => quietly(() => rm([container.id])),
})

/** One whose state cannot be read: nobody can start it, and its files are all there is of it. */
const damaged = (id: string): Leftover => {
  const inside = cgroupOf(id)?.processes() ?? []
  return {
    what: `container ${id}, whose state cannot be read`,
    usedBy: inside.length > 0 ? `processes ${inside.join(', ')}` : undefined,
    remove: async () => {
      cgroupOf(id)?.remove()
      rmSync(fileIn(id, ''), { recursive: true, force: true })
    },
  }
}

const leftover = (id: string): Leftover[] => {
  try {
    const container = load(id)
    return container ? [whole(container)] : []
  } catch (error) {
    if (error instanceof ProgramError) return [damaged(id)]
    throw error
  }
}

const isEmpty = (): boolean => readdirSync(directory()).length === 0

const theDirectory: Leftover = {
  what: `${containers}/, where containers are kept`,
  // What does not look like a container is nobody's we know.
  remove: async () => {
    sweepHalves()
    if (!isEmpty()) throw new ProgramError(`there is still something in it: ${readdirSync(directory()).join(', ')}`)
    rmdirSync(directory())
  },
}

/** Looks for containers. */
export const findContainers = (): Search => {
  if (!statSync(directory(), { throwIfNoEntry: false })) return { leftovers: [], unseen: [] }
  const found = readdirSync(directory())
    .filter(name => NAME.test(name))
    .flatMap(leftover)
  return { leftovers: [...findChapterContainers(), ...found, theDirectory], unseen: [] }
}
