/**
 * The end of a container: its runtime, its shim's last command, `stop`, `rm`, `exec` or the next program puts away what
 * it had, whoever comes first.
 */

import { readFileSync } from 'node:fs'
import { exitCodeFromStatus } from '#native/clone.ts'
import { isAlive } from '#native/process-state.ts'
import { traceCall } from '#native/trace.ts'
import { countOomKills } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { type Container, isInOtherHands, isStartedHere, loadContainer, updateContainer } from './container-state.ts'
import { removeContainer } from './create-container.ts'
import { containerPaths, hiddenDirectory } from './home-layout.ts'
import { disconnectNetwork, removeCgroup } from './host-changes.ts'

const isEnded = ({ finished, exitCode }: Container, code: number | undefined): boolean =>
  finished !== undefined && (exitCode !== undefined || code === undefined)

/** What undoes the changes that acts.ts names, in the order in which endContainer() does it. */
export const UNDO_ORDER = ['removeCgroup', 'recordEnd', 'disconnectNetwork'] as const

/** How --trace shows that an end is written down; of a container that is removed nothing is. */
export const showEnd = ({ id, autoRemove }: Pick<Container, 'id' | 'autoRemove'>): string =>
  autoRemove
    ? `rmdir("${containerPaths(hiddenDirectory(id)).directory}")`
    : `write("${containerPaths(id).state}", {exitCode, finished})`

/**
 * Puts away what a container had while it ran, and writes down how it ended. Nothing is touched of one that runs again.
 *
 * The group goes first, and under the lock, because a container that is written down as ended may be started again at
 * once, and would lose its new group. The bridge goes last, because other containers that end look into the state to see
 * whether this one still needs the bridge.
 * @param code its exit code; undefined where nobody knows it
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const endContainer = async (container: Container, code: number | undefined): Promise<void> => {
  let last = container
  try {
    const ended = updateContainer(container, now => {
      last = now
      if (!isStartedHere(now) && (isInOtherHands(now) || isEnded(now, code))) return undefined
      const outOfMemory = (now.outOfMemory ?? 0) + countOomKills(findCgroup(now.id))
      removeCgroup(now)
      // Nothing is written for one that is removed: the disk may be full, and it is this container that has filled it.
      if (now.autoRemove) return undefined
      return {
        exitCode: code,
        finished: now.finished ?? new Date().toISOString(),
        ...(outOfMemory > 0 && { outOfMemory }),
      }
    })
    if (ended !== undefined && ended !== last) traceCall(showEnd(ended), 0)
  } finally {
    if (last.autoRemove && !isInOtherHands(last)) {
      removeContainer(last)
      traceCall(showEnd(last), 0)
    }
    await disconnectNetwork(last)
  }
}

const readStatus = (id: string): Buffer | undefined => {
  try {
    return readFileSync(containerPaths(id).status)
  } catch {
    return undefined // the container ran in the foreground, or is gone
  }
}

const STATUS_PATIENCE = 200 // ms: the shim writes as soon as the kernel wakes it, unless it was killed
const INTERVAL = 10 // ms between two looks

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** The exit code that the shim of a detached container has left. */
const exitCodeFromShim = async ({ id }: Container): Promise<number | undefined> => {
  for (let waited = 0; waited < STATUS_PATIENCE; waited += INTERVAL) {
    const status = readStatus(id)
    if (status === undefined) return undefined
    if (status.length === 4) return exitCodeFromStatus(status.readInt32LE())
    await sleep(INTERVAL)
  }
  return undefined
}

/** Ends a container for which no runtime waits: it was detached, or its runtime was killed. Throws as endContainer() does. */
export const endUnattendedContainer = async (container: Container): Promise<void> =>
  endContainer(container, await exitCodeFromShim(container))

const RUNTIME_PATIENCE = 10_000 // ms

/**
 * Waits until a container that has ended is put away: by its own runtime while that lives, else by this program.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const awaitCleanup = async ({ id }: Pick<Container, 'id'>): Promise<void> => {
  const deadline = performance.now() + RUNTIME_PATIENCE
  for (let now = loadContainer(id); now && !now.finished; now = loadContainer(id)) {
    const isLeftToUs = !now.runtime || !isAlive(now.runtime) || performance.now() > deadline
    if (isLeftToUs) return endUnattendedContainer(now)
    await sleep(20)
  }
}

/**
 * Puts away all there is of a container that has ended, its files as well. It works with the disk full, where nothing can
 * be written down any more.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const endAndRemoveContainer = async (container: Container): Promise<void> => {
  removeCgroup(container)
  await disconnectNetwork(container)
  removeContainer(container)
}
