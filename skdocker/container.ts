/** Containers on disk: containers/ID holds what a container is, and the files it has changed. */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno, ProgramError } from '#native/index.ts'
import { locked } from '#native/lock.ts'
import { isAlive, type Life, lifeOf } from '#native/process.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import { writeAtomically } from './atomic.ts'
import { containers, home } from './home.ts'

/** What a container is asked to be; what is left out is as usual. */
export type Spec = Pick<Known, 'image' | 'layers' | 'command'> & Partial<Known>

type Known = {
  readonly name: string
  readonly image: string
  /** the read-only directories below its own, the topmost first */
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
  /** how many of its processes the kernel has killed for want of memory */
  readonly outOfMemory?: number | undefined
}

export type State = 'created' | 'running' | 'exited'

export const STATE = 'state.json'

/** What can name a container: `.`, `..`, `a/b` cannot. What begins with a dot is half made or half removed. */
export const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/

/** A container's directory, relative to home(). */
export const directoryOf = (id: string): string => `${containers}/${id}`

/** A file in it, from anywhere. */
export const fileIn = (id: string, name: string): string => join(home(), directoryOf(id), name)

/** What it is now: the process decides, not what was written down. */
export const stateOf = ({ init, exitCode }: Container): State => {
  if (init && isAlive(init)) return 'running'
  return init || exitCode !== undefined ? 'exited' : 'created'
}

/** Whether somebody is at work on it: it runs, or the program that starts it or waits for it is not done. */
export const isActive = (container: Container): boolean => {
  const { runtime, finished } = container
  return stateOf(container) === 'running' || (finished === undefined && runtime !== undefined && isAlive(runtime))
}

/** Whether it is this program that starts it and waits for it. */
export const isOurs = ({ runtime }: Container): boolean => runtime?.pid === process.pid && isAlive(runtime)

/**
 * What was written down of one.
 * @param id the name of its directory
 * @returns undefined when it is gone
 */
export const load = (id: string): Container | undefined => {
  try {
    return JSON.parse(readFileSync(fileIn(id, STATE), 'utf8'))
  } catch (error) {
    // It may be removed this moment.
    if (hasErrno(error, 'ENOENT')) return undefined
    if (error instanceof SyntaxError)
      throw new ProgramError(`${fileIn(id, STATE)} is damaged: remove ${fileIn(id, '')} by hand`)
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

/** Does something that no other program may do to the containers at the same time. Not to be nested. */
export const withContainers = <T>(act: () => T): T => locked(join(home(), containers), act)

/**
 * Changes what is written down of a container.
 * @param change what of it is another now; nothing of it is where it returns undefined. Nobody else changes any meanwhile
 * @returns what it is then; one that is gone stays gone
 * @throws NodeJS.ErrnoException, and what change throws
 */
export const update = (
  { id }: Pick<Container, 'id'>,
  change: (now: Container) => Partial<Container> | undefined,
): Container | undefined =>
  withContainers(() => {
    const now = load(id)
    const changes = now && change(now)
    if (!now || !changes) return now
    const changed = { ...now, ...changes }
    writeAtomically(fileIn(id, STATE), JSON.stringify(changed, null, 2))
    return changed
  })

/**
 * Makes this program the one that starts a container.
 * @throws ProgramError when another does, or has
 */
export const claim = (container: Container): Container => {
  const runtime = lifeOf(process.pid)
  const claimed = update(container, now => {
    if (isActive(now) && !isOurs(now))
      throw new ProgramError(`container ${now.id} is in use already: look at it with "skdocker ps"`)
    return { runtime, init: undefined, exitCode: undefined, finished: undefined, outOfMemory: undefined }
  })
  if (!claimed) throw new ProgramError(`container ${container.id} has just been removed`)
  return claimed
}
