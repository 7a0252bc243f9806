/** What is to be done when a container has ended. Whoever comes first does it: its runtime, its shim, or the next program. */

import { readFileSync } from 'node:fs'
import { removeCgroup } from '#chapters/05-cgroup/cgroup.ts'
import { exitCodeFromStatus } from '#native/clone.ts'
import { isAlive } from '#native/process-state.ts'
import { countOomKills } from '#parts/cgroup/group-processes.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { removeBridgeIfUnused } from '#parts/network/bridge.ts'
import { type Container, fileIn, isActive, isOurs, listContainers, load, update } from './container.ts'
import { removeContainer } from './create.ts'

/** The file in which the shim of a detached container leaves how that ended. */
export const STATUS = 'status'

/** Whether a container is in the hands of another program, or runs. */
const isOthers = (container: Container): boolean => isActive(container) && !isOurs(container)

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Whether a container in the hands of another program has a cable to the bridge, or will have. */
export const isBridgeInUse = (): boolean =>
  listContainers().some(container => container.network === 'bridge' && isOthers(container))

const A_SECOND = 1000 // ms: cables of others that have just ended are gone by then

/** Tries once more after a failure: Ctrl-C ends ip(8) too, and who is impatient presses it again at the end. */
const unplug = async (device: string | undefined): Promise<void> => {
  const deadline = performance.now() + A_SECOND
  const isReleased = (): Promise<boolean> =>
    removeBridgeIfUnused(device).catch(error => {
      if (performance.now() > deadline) throw error
      return false
    })
  // Only the last one asks ip(8).
  while (!isBridgeInUse() && !(await isReleased()) && performance.now() < deadline) await sleep(20)
}

/** Puts away what a container had while it ran; its files stay. Throws ProgramError. */
export const release = async ({ id, network, device }: Container): Promise<void> => {
  removeCgroup(findCgroup(id))
  if (network === 'bridge') await unplug(device)
}

/**
 * Puts away what a container had while it ran, and writes down how it ended. Of one that runs again nothing is touched.
 * @param code its exit code; undefined where nobody knows
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const finish = async (container: Container, code: number | undefined): Promise<void> => {
  const isDone = (now: Container): boolean =>
    isOthers(now) || (now.finished !== undefined && (now.exitCode !== undefined || code === undefined))
  let last: Container = container
  try {
    update(container, now => {
      last = now
      if (isDone(now) && !isOurs(now)) return undefined
      const cgroup = findCgroup(now.id)
      const outOfMemory = (now.outOfMemory ?? 0) + countOomKills(cgroup)
      removeCgroup(cgroup)
      // A disk may be full, and it is this container that has filled it.
      if (now.autoRemove) return undefined
      return {
        exitCode: code,
        finished: now.finished ?? new Date().toISOString(),
        ...(outOfMemory > 0 && { outOfMemory }),
      }
    })
  } finally {
    if (last.autoRemove && !isOthers(last)) removeContainer(last)
    if (last.network === 'bridge') await unplug(last.device)
  }
}

const statusOf = (id: string): Buffer | undefined => {
  try {
    return readFileSync(fileIn(id, STATUS))
  } catch {
    return undefined // it ran in the foreground, or is gone
  }
}

const A_MOMENT = 20 // looks, 10 ms apart: the shim writes as soon as the kernel wakes it, unless it was killed

const exitCodeOf = async ({ id }: Container): Promise<number | undefined> => {
  for (let looks = 0; looks < A_MOMENT; looks++) {
    const status = statusOf(id)
    if (status === undefined) return undefined
    if (status.length === 4) return exitCodeFromStatus(status.readInt32LE())
    await sleep(10)
  }
  return undefined
}

/** What the shim of a detached container does with its last breath, or another for it. Throws as finish() does. */
export const reap = async (container: Container): Promise<void> => finish(container, await exitCodeOf(container))

const PATIENCE = 10_000 // ms

/**
 * Waits until a container that has ended is put away: by its own runtime while that lives, else by us.
 * @throws ProgramError, NodeJS.ErrnoException
 */
export const settle = async ({ id }: Pick<Container, 'id'>): Promise<void> => {
  const deadline = performance.now() + PATIENCE
  for (let now = load(id); now && !now.finished; now = load(id)) {
    const isLeftToUs = !now.runtime || !isAlive(now.runtime) || performance.now() > deadline
    if (isLeftToUs) return reap(now)
    await sleep(20)
  }
}
