/** What a running container changes on the host, each change beside what undoes it. Its own files are not among them. */

import { createCgroup, removeCgroup as removeGroups } from '#chapters/05-cgroup/cgroup.ts'
import { ProgramError } from '#native/index.ts'
import type { Limits } from '#parts/cgroup/limits.ts'
import { findCgroup } from '#parts/cgroup/parent-group.ts'
import { type Container, isInOtherHands, listContainers } from './container-state.ts'

/** Makes the group of a container, with limits. Throws ProgramError. */
export const makeCgroup = async ({ id }: Pick<Container, 'id'>, limits: Limits): Promise<void> =>
  void (await createCgroup(id, limits))

/** Removes the group of a container and kills what is still in it. A second time does nothing. Throws ProgramError. */
export const removeCgroup = ({ id }: Pick<Container, 'id'>): Promise<void> => removeGroups(findCgroup(id))

/** A container's address, and the host's end of its cable, where it has one. */
export type Connection = Pick<Container, 'address' | 'device'>

// The modules that ask ip(8) are loaded where they are needed, because most commands need none of them. A start has the
// time for that while the kernel moves the child into its group.

const lookForObstacles = async (): Promise<void> => {
  const { nameObstacles } = await import('#parts/network/obstacles.ts')
  try {
    await nameObstacles()
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error // a tool that cannot look is no failure: the container is connected
  }
}

let lookingForObstacles: Promise<void> = Promise.resolve()

/**
 * Waits until everything that drops the packets of a container has been named on stderr. The command runs meanwhile, but
 * its network must not be taken away before, because then the rules that are looked for would be missing.
 */
export const awaitNamedObstacles = (): Promise<void> => lookingForObstacles

/**
 * Connects a container to its network, and begins to look for what drops its packets. For the first on the bridge, the
 * bridge is made.
 * @param pid its first process, which waits at a gate
 * @throws ProgramError
 */
export const connectNetwork = async ({ network }: Pick<Container, 'network'>, pid: number): Promise<Connection> => {
  const { connectContainer } = await import('#chapters/06-net/network.ts')
  const { findOrMakeBridge } = await import('#parts/network/bridge.ts')
  const connection = await connectContainer(pid, network, findOrMakeBridge)
  if (network === 'bridge') lookingForObstacles = lookForObstacles()
  return connection
}

const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Whether a container in the hands of another program has a cable to the bridge, or will have. */
export const isBridgeInUse = (): boolean =>
  listContainers().some(container => container.network === 'bridge' && isInOtherHands(container))

const PATIENCE = 1000 // ms: by then the kernel has taken away the cables of others that have just ended

/**
 * Takes away the bridge, when this container was the last on it. The kernel takes the cable away with the container.
 * It tries again after a failure, because Ctrl-C ends ip(8) too, and impatient people press it again at the end.
 * @throws ProgramError
 */
export const disconnectNetwork = async ({
  network,
  device,
}: Pick<Container, 'network' | 'device'>): Promise<void> => {
  if (network !== 'bridge') return
  const { removeBridgeIfUnused } = await import('#parts/network/bridge.ts')
  const deadline = performance.now() + PATIENCE
  const isReleased = (): Promise<boolean> =>
    removeBridgeIfUnused(device).catch(error => {
      if (performance.now() > deadline) throw error
      return false
    })
  // Only the last container asks ip(8).
  while (!isBridgeInUse() && !(await isReleased()) && performance.now() < deadline) await sleep(20)
}

/** Takes away a bridge that a killed program has left. Throws ProgramError. */
export const sweepBridge = async (): Promise<void> => {
  const { removeBridgeIfUnused } = await import('#parts/network/bridge.ts')
  await removeBridgeIfUnused()
}
