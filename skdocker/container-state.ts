/** Reads and writes state.json of a container, which holds what the container is to be, and what has become of it. */

import { lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '#native/file-lock.ts'
import { isSystemError, ProgramError } from '#native/index.ts'
import { identifyProcess, isAlive, type ProcessIdentity } from '#native/process-state.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import {
  boolean,
  listOf,
  number,
  object,
  oneOf,
  optional,
  readJson,
  recordOf,
  ShapeError,
  text,
  textLike,
  WHOLE,
} from './check-shape.ts'
import { readExitStatus } from './exit-status.ts'
import { CONTAINER_NAME, containerPaths, containers, home, isContainerEntry } from './home-layout.ts'
import { lostIds } from './lost-containers.ts'
import type { Plan } from './plan.ts'
import { writeAtomically } from './write-atomically.ts'

/** What is known of a container. */
export type Container = Omit<Plan, 'detached'> & {
  /** ISO 8601 */
  readonly created: string
  /** its first process, once there is one */
  readonly init?: ProcessIdentity | undefined
  /** the program that starts it, and waits for it unless it is detached; in the end the one that cleans up after it */
  readonly starter?: ProcessIdentity | undefined
  readonly address?: string | undefined
  /** the host's end of its cable to the bridge, a veth pair */
  readonly device?: string | undefined
  readonly exitCode?: number | undefined
  readonly finished?: string | undefined
  /** how many of its processes the kernel has killed for want of memory */
  readonly outOfMemory?: number | undefined
}

const processIdentity = object<ProcessIdentity>({ pid: number, started: text, boot: text })

/** A layer's name. It goes into the options of a mount, where a comma, a colon or a slash would mean something. */
export const layerName = textLike(/^[\w-]+$/)

const containerShape = object<Container>({
  id: textLike(CONTAINER_NAME),
  name: textLike(CONTAINER_NAME),
  image: text,
  layers: listOf(layerName),
  command: listOf(text),
  hostname: text,
  environment: recordOf(text),
  workdir: text,
  network: oneOf('none', 'host', 'bridge'),
  limits: object<Limits>({ cpus: optional(number), memory: optional(number), pids: optional(number) }),
  autoRemove: boolean,
  created: text,
  init: optional(processIdentity),
  starter: optional(processIdentity),
  address: optional(text),
  device: optional(text),
  exitCode: optional(number),
  finished: optional(text),
  outOfMemory: optional(number),
})

/** What a container is cannot be told, because its state.json does not say it. */
export class DamagedState extends ProgramError {
  readonly id: string

  /**
   * @param reason what is wrong with its file
   * @param cure what to do
   */
  constructor(id: string, reason: string, cure = `remove it with "skdocker rm ${id}"`) {
    super(`container ${id} is damaged: ${containerPaths(id).state}: ${reason}: ${cure}`)
    this.id = id
  }
}

type RunState = 'created' | 'running' | 'exited'

/** The first process of a container, if it lives. The state names the process, and /proc tells whether it lives. */
export const livingInit = ({ init }: Container): ProcessIdentity | undefined =>
  init && isAlive(init) ? init : undefined

/** Whether a container runs, has ended, or was never started. */
export const stateOf = (container: Container): RunState => {
  const { init, exitCode } = container
  if (livingInit(container)) return 'running'
  return init || exitCode !== undefined ? 'exited' : 'created'
}

/** Whether a container runs, or its starter is still at work on it. */
export const isActive = (container: Container): boolean => {
  const { starter, finished } = container
  return stateOf(container) === 'running' || (finished === undefined && starter !== undefined && isAlive(starter))
}

/** Whether this program is the starter of a container. */
export const isStartedHere = ({ starter }: Container): boolean => starter?.pid === process.pid && isAlive(starter)

/** Whether a container is active, and this program is not its starter. */
export const isInOtherHands = (container: Container): boolean => isActive(container) && !isStartedHere(container)

const starterShape = object<Pick<Container, 'starter'>>({ starter: optional(processIdentity) })

const readState = <T>(name: string, parse: (state: unknown) => T): T | undefined => {
  const { directory, state } = containerPaths(name)
  try {
    return parse(readJson(state))
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error
    // Another program may have removed it at this moment.
    if (!lstatSync(directory, { throwIfNoEntry: false })) return undefined
    throw new DamagedState(name, error.message)
  }
}

// On a full disk the state cannot be written again, so the exit code is left in a file beside it: see exit-status.ts.
const exitCodeLeftBeside = ({ id, init, exitCode, finished }: Container): Pick<Container, 'exitCode'> => {
  if (!init || exitCode !== undefined || finished !== undefined) return {}
  const status = readExitStatus(id)
  return typeof status === 'number' ? { exitCode: status } : {}
}

/**
 * Reads what is known of a container.
 * @returns undefined when it is gone
 * @throws DamagedState, NodeJS.ErrnoException
 */
export const loadContainer = (id: string): Container | undefined =>
  readState(id, state => {
    const container = containerShape(state, WHOLE)
    if (container.id !== id) throw new ShapeError(`it says that it is container ${container.id}`)
    return { ...container, ...exitCodeLeftBeside(container) }
  })

/**
 * Reads which program is at work on a container that is half made or half removed.
 * @param directory the name of its directory
 * @returns undefined when nothing says so
 * @throws DamagedState, NodeJS.ErrnoException
 */
export const loadStarter = (directory: string): ProcessIdentity | undefined =>
  readState(directory, state => starterShape(state, WHOLE))?.starter

/** What is known of a container could not be written down. */
class UnwritableState extends ProgramError {
  /** the errno, such as `ENOSPC` */
  readonly code: string | undefined

  constructor(path: string, { message, code }: NodeJS.ErrnoException) {
    super(`${path} cannot be written: ${message}${code === 'ENOSPC' ? ': make room on the disk' : ''}`)
    this.code = code
  }
}

/**
 * Writes down all that is known of a container, in its directory or in the one where it is half made.
 * @throws ProgramError with the errno as its code, such as `ENOSPC`; then what was written before is still there
 */
export const saveState = (container: Container, directory = container.id): void => {
  const path = containerPaths(directory).state
  try {
    writeAtomically(path, JSON.stringify(container, null, 2))
  } catch (error) {
    throw isSystemError(error) ? new UnwritableState(path, error) : error
  }
}

/** Reads what is known of a container. A damaged state is returned as the error, so that the other containers can be read. */
const readOrFindDamage = (id: string): Container | DamagedState | undefined => {
  try {
    return loadContainer(id)
  } catch (error) {
    if (error instanceof DamagedState) return error
    throw error
  }
}

/** Reads all containers: those that can be read, the youngest first, and what is wrong with the others. */
export const readContainers = (): { readonly containers: Container[]; readonly damaged: DamagedState[] } => {
  const directory = join(home(), containers)
  if (!statSync(directory, { throwIfNoEntry: false })) return { containers: [], damaged: [] }
  const all = readdirSync(directory).filter(isContainerEntry).map(readOrFindDamage)
  const damaged = all.filter(one => one instanceof DamagedState)
  const whole = all.filter(one => one !== undefined && !(one instanceof DamagedState)) as Container[]
  return { containers: whole.sort((a, b) => (a.created < b.created ? 1 : -1)), damaged }
}

/**
 * What is wrong with the containers that run while nothing is left of their directory.
 * @param known those of which something is left
 */
export const lostContainers = (known: readonly Pick<Container, 'id'>[]): DamagedState[] =>
  lostIds(known.map(({ id }) => id)).map(
    id => new DamagedState(id, 'it is gone, and the container runs', `end it with "skdocker stop ${id}"`),
  )

/** All containers whose state can be read, the youngest first. */
export const listContainers = (): Container[] => readContainers().containers

/**
 * The container of an id, the beginning of an id, or a name.
 * @throws ProgramError when there is none, or more than one begins so; DamagedState
 */
export const findContainer = (given: string): Container => {
  const { containers: all, damaged } = readContainers()
  const exact = all.find(({ id, name }) => id === given || name === given)
  if (exact) return exact
  const unreadable = [...damaged, ...lostContainers([...all, ...damaged])].find(({ id }) => id === given)
  if (unreadable) throw unreadable
  const found = CONTAINER_NAME.test(given) ? all.filter(({ id }) => id.startsWith(given)) : []
  if (found.length > 1)
    throw new ProgramError(`${given} begins the ids of ${found.length} containers: give more of it`)
  if (!found[0])
    throw new ProgramError(`no container ${JSON.stringify(given)}: "skdocker ps -a" shows those there are`)
  return found[0]
}

/** Does something while no other program makes, removes or changes a container on disk. It must not be nested. */
export const withContainersLock = <T>(act: () => T): Promise<T> => withLock(join(home(), containers), act)

/**
 * Changes what is known of a container.
 * @param change returns what is different now, or undefined where nothing is. Nobody else changes anything meanwhile
 * @returns what is known of it then; undefined when it is gone
 * @throws NodeJS.ErrnoException, DamagedState, and what change throws
 */
export const updateContainer = (
  { id }: Pick<Container, 'id'>,
  change: (now: Container) => Partial<Container> | undefined,
): Promise<Container | undefined> =>
  withContainersLock(() => {
    const now = loadContainer(id)
    const changes = now && change(now)
    if (!now || !changes) return now
    const changed = { ...now, ...changes }
    saveState(changed)
    return changed
  })

/**
 * Claims a container: makes this program its starter.
 * @throws ProgramError when another program starts it or has started it
 */
export const claimContainer = async (container: Pick<Container, 'id'>): Promise<Container> => {
  const starter = identifyProcess(process.pid)
  const claimed = await updateContainer(container, now => {
    if (isInOtherHands(now))
      throw new ProgramError(`container ${now.id} is in use already: look at it with "skdocker ps"`)
    return { starter, init: undefined, exitCode: undefined, finished: undefined, outOfMemory: undefined }
  })
  if (!claimed) throw new ProgramError(`container ${container.id} has just been removed`)
  return claimed
}
