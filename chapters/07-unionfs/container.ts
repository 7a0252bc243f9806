/** Containers on disk: containers/ID holds what a container is, and the files it has changed. */

import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramError } from '../../native/index.ts'
import type { Limits } from '../05-cgroup/limits.ts'
import { locked } from '../05-cgroup/lock.ts'
import { isAlive, type Life } from './alive.ts'
import { writeAtomically } from './atomic.ts'
import { containers, home } from './home.ts'

/** What a container is asked to be; what is left out is as usual. */
export type Spec = Pick<Known, 'image' | 'layers' | 'command'> & Partial<Known>

type Known = {
  readonly name: string
  readonly image: string
  /** the read-only directories below its own, the topmost first; none where it has a whole copy of its own */
  readonly layers: readonly string[]
  readonly command: readonly string[]
  readonly hostname: string
  readonly environment: Readonly<Record<string, string>>
  readonly workdir: string
  readonly network: 'none' | 'host' | 'bridge'
  readonly limits: Limits
  /** whether it goes away with its end */
  readonly autoRemove: boolean
}

/** What is known of one. */
export type Container = Known & {
  readonly id: string
  /** ISO 8601 */
  readonly created: string
  /** its init, once there is one */
  readonly init?: Life | undefined
  /** the program that starts it, and waits for it unless it is detached */
  readonly runtime?: Life | undefined
  readonly address?: string | undefined
  /** the host's end of its cable */
  readonly device?: string | undefined
  readonly exitCode?: number | undefined
  readonly finished?: string | undefined
}

export type State = 'created' | 'running' | 'exited'

const STATE = 'state.json'
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

/** A container's directory, relative to home(). */
export const directoryOf = (id: string): string => `${containers}/${id}`

/** A file in it, from anywhere. */
export const fileIn = (id: string, name: string): string => join(home(), directoryOf(id), name)

/** What it is now: the process decides, not what was written down. */
export const stateOf = ({ init, exitCode }: Container): State => {
  if (init && isAlive(init)) return 'running'
  return init || exitCode !== undefined ? 'exited' : 'created'
}

const load = (id: string): Container | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(id, STATE), 'utf8'))
  } catch (error) {
    // It may be removed this moment.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** All containers, the youngest first. */
export const listContainers = (): Container[] => {
  if (!statSync(join(home(), containers), { throwIfNoEntry: false })) return []
  const ids = readdirSync(join(home(), containers)).filter(name => NAME.test(name))
  const all = ids.map(load).filter(container => container !== undefined)
  return all.sort((a, b) => (a.created < b.created ? 1 : -1))
}

/**
 * The container of an id, the beginning of an id, or a name.
 * @throws ProgramError when there is none, or more than one begins so
 */
export const findContainer = (given: string): Container => {
  const all = listContainers()
  const exact = all.find(({ id, name }) => id === given || name === given)
  if (exact) return exact
  const found = NAME.test(given) ? all.filter(({ id }) => id.startsWith(given)) : []
  if (found.length > 1)
    throw new ProgramError(`${given} begins the ids of ${found.length} containers: give more of it`)
  if (!found[0])
    throw new ProgramError(`no container ${JSON.stringify(given)}: "skdocker ps -a" shows those there are`)
  return found[0]
}

/**
 * Writes down what has changed of a container, and returns what it is then. One that is gone stays gone.
 * @throws NodeJS.ErrnoException
 */
export const update = (container: Container, changes: Partial<Container>): Container =>
  locked(join(home(), containers), () => {
    const now = load(container.id)
    if (!now) return { ...container, ...changes }
    const changed = { ...now, ...changes }
    writeAtomically(fileIn(container.id, STATE), JSON.stringify(changed, null, 2))
    return changed
  })

const USUAL = { environment: {}, workdir: '/', network: 'bridge', limits: {}, autoRemove: false } as const

const checkName = (name: string, all: readonly Container[]): void => {
  if (!NAME.test(name))
    throw new ProgramError(`${JSON.stringify(name)} is no name of a container: letters, digits, "_", "." and "-"`)
  const taken = all.find(other => other.name === name || other.id === name)
  if (taken)
    throw new ProgramError(`the name ${name} is taken by container ${taken.id}: remove that or choose another`)
}

/**
 * Makes a container that does not run yet.
 * @param fill puts into its directory what it needs, before anyone sees it
 * @throws ProgramError when its name is taken or none; NodeJS.ErrnoException when there is no room: nothing is left then
 */
export const createContainer = (spec: Spec, fill: (directory: string) => void): Container => {
  const root = join(home(), containers)
  mkdirSync(root, { recursive: true })
  return locked(root, () => {
    const all = listContainers()
    const id = randomBytes(6).toString('hex')
    const name = spec.name ?? `${spec.image}-${id.slice(0, 4)}`
    checkName(name, all)
    const container: Container = { ...USUAL, hostname: id, ...spec, id, name, created: new Date().toISOString() }
    // A name that begins with a dot is nobody's container: it is swept when its maker is killed.
    const half = join(root, `.${id}`)
    try {
      mkdirSync(half)
      fill(half)
      writeAtomically(join(half, STATE), JSON.stringify(container, null, 2))
      renameSync(half, join(root, id))
    } catch (error) {
      rmSync(half, { recursive: true, force: true })
      throw error
    }
    return container
  })
}

/** Removes a container that does not run, and all it has changed. Throws NodeJS.ErrnoException. */
export const removeContainer = ({ id }: Container): void => {
  const gone = join(home(), containers, `.${id}`)
  try {
    // First out of everybody's sight, for a half removed one is no container.
    renameSync(join(home(), directoryOf(id)), gone)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  rmSync(gone, { recursive: true, force: true })
}

/** Whether somebody is at work on it: it runs, or the program that starts it or waits for it does. */
export const isActive = (container: Container): boolean =>
  stateOf(container) === 'running' || (container.runtime !== undefined && isAlive(container.runtime))

/** Removes what one that was killed has half made or half removed. */
export const sweepHalves = (): void => {
  const root = join(home(), containers)
  if (!statSync(root, { throwIfNoEntry: false })) return
  locked(root, () => {
    for (const name of readdirSync(root).filter(each => each.startsWith('.')))
      rmSync(join(root, name), { recursive: true, force: true })
  })
}
