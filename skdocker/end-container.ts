/**
 * The end of a container. Its starter, the program that started it and waits for it, cleans up after it. A detached
 * container has a shim instead, a small process that waits for it and then becomes `skdocker cleanup`. And `stop`, `rm`, `exec`
 * and every later program do the same, if they come first.
 */

import { hasErrno } from '#native/index.ts'
import { identifyProcess, isAlive } from '#native/process-state.ts'
import { traceCall } from '#native/trace.ts'
import { countOomKills } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { type Container, isInOtherHands, isStartedHere, loadContainer, updateContainer } from './container-state.ts'
import { removeContainer } from './create-container.ts'
import { leaveExitCode, readExitStatus } from './exit-status.ts'
import { containerPaths, hiddenDirectory } from './home-layout.ts'
import { disconnectNetwork, removeCgroup } from './host-changes.ts'

/** Whether the end has been recorded already, with an exit code if this program knows one. */
const isEnded = ({ finished, exitCode }: Container, code: number | undefined): boolean =>
  finished !== undefined && (exitCode !== undefined || code === undefined)

/** What undoes the changes that acts.ts names, in the order in which endContainer() does it. */
export const UNDO_ORDER = ['removeCgroup', 'recordEnd', 'disconnectNetwork'] as const

/** The end as --trace shows it: the state is written, or the directory is removed if the container is to be removed. */
export const showEnd = ({ id, autoRemove }: Pick<Container, 'id' | 'autoRemove'>): string =>
  autoRemove
    ? `rmdir("${containerPaths(hiddenDirectory(id)).directory}")`
    : `write("${containerPaths(id).state}", {exitCode, finished})`

/** Whether something could not be written down because the disk is full, or takes no writes. */
export const isDiskFull = (error: unknown): boolean => hasErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS')

/** What is known of a container that ends, and whether this program is the one that cleans up after it. */
type EndClaim = { readonly now: Container; readonly isOurs: boolean }

/**
 * Makes this program the one that cleans up after a container, unless another does so or has done it. The claim is saved
 * in the container's state. Otherwise another program could start the container again meanwhile, and this one would remove
 * the group of the new run.
 */
const claimEnd = async (container: Container, code: number | undefined): Promise<EndClaim> => {
  let end: EndClaim = { now: container, isOurs: false }
  const claim = (now: Container): Partial<Container> | undefined => {
    const isOurs = isStartedHere(now) || !(isInOtherHands(now) || isEnded(now, code))
    end = { now, isOurs }
    return isOurs && !isStartedHere(now) ? { starter: identifyProcess(process.pid) } : undefined
  }
  try {
    await updateContainer(container, claim)
  } catch (error) {
    // On a full disk no other program can claim the container either, so this one goes on without having saved its claim.
    if (!isDiskFull(error)) throw error
  }
  return end
}

/**
 * Removes the group, and writes down how the container ended. The group is removed before the end is saved. Otherwise a
 * second program that ends the container would count the same processes that ran out of memory again.
 */
const recordEnd = async (container: Container, code: number | undefined): Promise<void> => {
  const outOfMemory = (container.outOfMemory ?? 0) + countOomKills(findCgroup(container.id))
  await removeCgroup(container)
  // Nothing is written for a container that is going to be removed, because it may have filled the disk itself.
  if (container.autoRemove) return
  try {
    const ended = await updateContainer(container, ({ finished = new Date().toISOString() }) => ({
      exitCode: code,
      finished,
      ...(outOfMemory > 0 && { outOfMemory }),
    }))
    if (ended) traceCall(showEnd(ended), 0)
  } catch (error) {
    if (code !== undefined) leaveExitCode(container.id, code)
    throw error
  }
}

/**
 * Cleans up what a container had while it ran, and writes down how it ended. A container that runs again is left alone.
 *
 * The bridge goes last, because other containers that end look into the state to see whether this one still needs it.
 * @param code its exit code; undefined where nobody knows it
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const endContainer = async (container: Container, code: number | undefined): Promise<void> => {
  let end: EndClaim = { now: container, isOurs: false }
  try {
    end = await claimEnd(container, code)
    if (end.isOurs) await recordEnd(end.now, code)
  } finally {
    const { now } = end
    if (now.autoRemove && !isInOtherHands(now)) {
      await removeContainer(now)
      traceCall(showEnd(now), 0)
    }
    await disconnectNetwork(now)
  }
}

const STATUS_PATIENCE = 200 // ms: unless it was killed, the shim writes as soon as the kernel wakes it
const INTERVAL = 10 // ms between two looks

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** The exit code that was left by the shim of a detached container, or by a starter on a full disk. */
const findLeftExitCode = async ({ id }: Container): Promise<number | undefined> => {
  for (let waited = 0; waited < STATUS_PATIENCE; waited += INTERVAL) {
    const status = readExitStatus(id)
    if (status !== 'awaited') return status
    await sleep(INTERVAL)
  }
  return undefined
}

/** Ends a container that no starter waits for: it was detached, or its starter was killed. Throws as endContainer() does. */
export const endUnattendedContainer = async (container: Container): Promise<void> =>
  endContainer(container, await findLeftExitCode(container))

const STARTER_PATIENCE = 10_000 // ms

/**
 * Waits until somebody has cleaned up after a container that has ended: another program that is at work on it, or else this
 * one.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const awaitCleanup = async ({ id }: Pick<Container, 'id'>): Promise<void> => {
  const deadline = performance.now() + STARTER_PATIENCE
  for (let now = loadContainer(id); now && !now.finished; now = loadContainer(id)) {
    const isLate = performance.now() > deadline
    if (isLate || !now.starter || !isAlive(now.starter)) await endUnattendedContainer(now)
    if (isLate) return
    await sleep(INTERVAL)
  }
}

/**
 * Removes all there is of a container that has ended, its files as well. This works on a full disk, too, where nothing can be
 * written down.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const endAndRemoveContainer = async (container: Container): Promise<void> => {
  await removeCgroup(container)
  await disconnectNetwork(container)
  await removeContainer(container)
}
