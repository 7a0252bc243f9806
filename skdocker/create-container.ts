/**
 * Makes containers and removes them. As long as a container is half made or half removed, its directory has a name that no
 * container can have. If this program is killed meanwhile, a later one sweeps the directory: it removes what is left.
 */

import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno, ProgramError } from '#native/index.ts'
import { identifyProcess, isAlive } from '#native/process-state.ts'
import { makePrivateDirectory } from '#parts/private-directory.ts'
import {
  type Container,
  DamagedState,
  listContainers,
  loadStarter,
  saveState,
  withContainersLock,
} from './container-state.ts'
import {
  CONTAINER_NAME,
  type ContainerPaths,
  containerPaths,
  containers,
  hiddenDirectory,
  home,
  isHidden,
} from './home-layout.ts'
import type { Request } from './plan.ts'

const ownerOfName = (name: string): Container | undefined =>
  listContainers().find(other => other.name === name || other.id === name)

/** Refuses what cannot be a container's name. Throws ProgramError. */
export const checkContainerName = (name: string): void => {
  if (!CONTAINER_NAME.test(name))
    throw new ProgramError(`${JSON.stringify(name)} is no name of a container: letters, digits, "_", "." and "-"`)
}

const refuseTakenName = (name: string): void => {
  checkContainerName(name)
  const owner = ownerOfName(name)
  if (owner)
    throw new ProgramError(`the name ${name} is taken by container ${owner.id}: remove that or choose another`)
}

const newId = (): string => randomBytes(6).toString('hex')

/** The name of a container that was given none. */
const defaultName = (image: string, id: string): string => `${image}-${id.slice(0, 4)}`

const chooseIdAndName = ({ name, image }: Pick<Request, 'name' | 'image'>): { id: string; name: string } => {
  const id = newId()
  if (name !== undefined) return { id, name }
  const chosen = defaultName(image, id)
  return ownerOfName(chosen) ? chooseIdAndName({ image }) : { id, name: chosen }
}

const newContainer = ({ detached: _, ...request }: Request): Container => {
  const { id, name } = chooseIdAndName(request)
  refuseTakenName(name)
  const created = new Date().toISOString()
  return { hostname: id, ...request, id, name, created, starter: identifyProcess(process.pid) }
}

/**
 * Makes a container that does not run yet.
 * @param fill puts into its directory what it needs, before another program can see it
 * @throws ProgramError when its name is taken or cannot be one; NodeJS.ErrnoException when there is no room. Nothing is
 * left of the container then
 */
export const createContainer = async (
  request: Request,
  fill: (paths: ContainerPaths) => void | Promise<void>,
): Promise<Container> => {
  makePrivateDirectory(join(home(), containers))
  let halfMade: ContainerPaths | undefined
  try {
    const container = await withContainersLock(() => {
      const chosen = newContainer(request)
      halfMade = containerPaths(hiddenDirectory(chosen.id))
      mkdirSync(halfMade.directory, { mode: 0o700 })
      saveState(chosen, hiddenDirectory(chosen.id))
      return chosen
    })
    const paths = containerPaths(hiddenDirectory(container.id))
    await fill(paths)
    await withContainersLock(() => {
      // Another program may have taken the name meanwhile.
      refuseTakenName(container.name)
      renameSync(paths.directory, containerPaths(container.id).directory)
    })
    return container
  } catch (error) {
    if (halfMade) removeTree(halfMade.directory)
    throw error
  }
}

// Two programs may remove the same tree at once, and each finds that the other has removed something.
const removeTree = (path: string): void => {
  for (;;) {
    try {
      rmSync(path, { recursive: true, force: true })
      return
    } catch (error) {
      if (!hasErrno(error, 'ENOENT', 'ENOTEMPTY')) throw error
    }
  }
}

/**
 * Removes a container that does not run, and all it has changed. A container that is gone already is no error.
 * @throws NodeJS.ErrnoException
 */
export const removeContainer = async ({ id }: Pick<Container, 'id'>): Promise<void> => {
  const { directory } = containerPaths(id)
  const hidden = containerPaths(hiddenDirectory(id)).directory
  if (!existsSync(join(home(), containers))) return // somebody has removed all of them
  await withContainersLock(() => {
    // It is hidden first, because nobody must use a container that is half removed. It may be a link that leads nowhere.
    if (lstatSync(directory, { throwIfNoEntry: false })) renameSync(directory, hidden)
  })
  removeTree(hidden)
}

// The state of a container names its starter: the program that makes it, starts it, and may remove it in the end.
const isAbandoned = (name: string): boolean => {
  try {
    const starter = loadStarter(name)
    return !starter || !isAlive(starter)
  } catch (error) {
    if (error instanceof DamagedState) return true
    throw error
  }
}

/** Removes what killed programs have left half made or half removed. Throws NodeJS.ErrnoException. */
export const sweepHalfContainers = async (): Promise<void> => {
  const root = join(home(), containers)
  if (!statSync(root, { throwIfNoEntry: false })) return
  const halves = readdirSync(root).filter(isHidden)
  // The lock is needed, because a directory that has just been made holds no state yet that names its starter.
  const abandoned = halves.length > 0 ? await withContainersLock(() => halves.filter(isAbandoned)) : []
  for (const name of abandoned) removeTree(join(root, name))
}
