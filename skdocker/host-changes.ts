/** What a running container changes on the host, each change beside what undoes it. The container's own files are elsewhere. */

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

/** A container's address, and the host's end of the cable, a veth pair, that ties it to the bridge. Not all have them. */
export type Connection = Pick<Container, 'address' | 'device'>

// The modules that ask ip(8) are loaded where they are needed, because most commands need none of them. A start has the
// time for that while the kernel moves the child into its group.

/** Looks for obstacles, whatever drops the packets of containers on their way out, and reports them on stderr. */
const lookForObstacles = async (): Promise<void> => {
  const { reportObstacles } = await import('#parts/network/obstacles.ts')
  try {
    await reportObstacles()
  } catch (error) {
    if (!(error instanceof ProgramError)) throw error // a tool that cannot look is no failure: the container is connected
  }
}

let lookingForObstacles: Promise<void> = Promise.resolve()

/**
 * Waits until all obstacles have been reported on stderr. The container's command runs meanwhile. Its network must not be
 * taken away before, because the rules that are looked for go with it.
 */
export const awaitObstacleReport = (): Promise<void> => lookingForObstacles

/**
 * Connects a container to its network, and begins to look for obstacles. The first container on the bridge has the bridge
 * made.
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

/** Whether a container that another program has started has a cable to the bridge, or will have one. */
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
