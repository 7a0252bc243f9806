/** Making containers, and removing them: what is half done has a name that is nobody's, until it is swept. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno, ProgramError } from '#native/index.ts'
import { isAlive, lifeOf } from '#native/process-state.ts'
import { writeAtomically } from './atomic.ts'
import { type Container, listContainers, load, NAME, type Spec, STATE, withContainers } from './container.ts'
import { containers, home } from './home.ts'

const USUAL = { environment: {}, workdir: '/', network: 'bridge', limits: {}, autoRemove: false } as const

const taken = (name: string): Container | undefined =>
  listContainers().find(other => other.name === name || other.id === name)

const checkName = (name: string): void => {
  if (!NAME.test(name))
    throw new ProgramError(`${JSON.stringify(name)} is no name of a container: letters, digits, "_", "." and "-"`)
  const other = taken(name)
  if (other)
    throw new ProgramError(`the name ${name} is taken by container ${other.id}: remove that or choose another`)
}

// An id, and where none was asked for a name, that nobody has.
const identify = ({
  name,
  image,
}: Pick<Spec, 'name' | 'image'>): { readonly id: string; readonly name: string } => {
  const id = randomBytes(6).toString('hex')
  const own = name ?? `${image}-${id.slice(0, 4)}`
  return name === undefined && taken(own) ? identify({ image }) : { id, name: own }
}

/**
 * Makes a container that does not run yet.
 * @param fill puts into its directory what it needs, before anyone sees it
 * @throws ProgramError when its name is taken or none; NodeJS.ErrnoException when there is no room: nothing is left then
 */
export const createContainer = async (
  spec: Spec,
  fill: (directory: string) => void | Promise<void>,
): Promise<Container> => {
  const root = join(home(), containers)
  mkdirSync(root, { recursive: true })
  let half: string | undefined
  try {
    const container = withContainers(() => {
      const { id, name } = identify(spec)
      checkName(name)
      half = join(root, `.${id}`)
      mkdirSync(half)
      const created = new Date().toISOString()
      const made: Container = { ...USUAL, hostname: id, ...spec, id, name, created, runtime: lifeOf(process.pid) }
      writeAtomically(join(half, STATE), JSON.stringify(made, null, 2))
      return made
    })
    await fill(half!)
    withContainers(() => {
      checkName(container.name)
      renameSync(half!, join(root, container.id))
    })
    return container
  } catch (error) {
    if (half) removeTree(half)
    throw error
  }
}

// Two may be at it at once: what one of them finds the other has removed.
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

/** Removes a container that does not run, and all it has changed. One that is gone is as good. Throws NodeJS.ErrnoException. */
export const removeContainer = ({ id }: Pick<Container, 'id'>): void => {
  const root = join(home(), containers)
  const gone = join(root, `.${id}`)
  withContainers(() => {
    // First out of everybody's sight, for a half removed one is no container.
    if (statSync(join(root, id), { throwIfNoEntry: false })) renameSync(join(root, id), gone)
  })
  removeTree(gone)
}

// Who makes a container, or runs one and removes it in the end, is written in it.
const isAbandoned = (name: string): boolean => {
  const runtime = load(name)?.runtime
  return !runtime || !isAlive(runtime)
}

/** Removes what one that was killed has half made or half removed. Throws NodeJS.ErrnoException. */
export const sweepHalves = (): void => {
  const root = join(home(), containers)
  if (!statSync(root, { throwIfNoEntry: false })) return
  const halves = readdirSync(root).filter(name => name.startsWith('.'))
  // Under the lock, for a moment after its birth one has nothing in it that could tell.
  const abandoned = halves.length > 0 ? withContainers(() => halves.filter(isAbandoned)) : []
  for (const name of abandoned) removeTree(join(root, name))
}
