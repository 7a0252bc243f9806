/** Connecting a container: to nothing, to the host, or to the bridge. */

import { ProgramError } from '#native/index.ts'
import { CLONE_NEWNET } from '#native/linux.ts'
import { BRIDGE, bridgeForRun, findBridge } from '#parts/network/bridge.ts'
import { furnish, plugIn } from '#parts/network/cable.ts'
import { ipInside } from '#parts/network/ip-command.ts'
import { withNetworkLock } from '#parts/network/network-lock.ts'
import type { Network } from '#parts/network/network-options.ts'

/** A container's address, and the host's end of its cable, where it has one. */
export type Connection = { readonly address?: string; readonly device?: string }

/** The flag of clone(2) for it: who shares the host's network has no namespace of its own. */
export const networkNamespace = (network: Network): number => (network === 'host' ? 0 : CLONE_NEWNET)

/**
 * Connects a container that waits at a gate.
 * @param pid a process in its network namespace
 * @param options.makeBridge whether a missing bridge is made, for releaseNetwork() to take back
 * @throws ProgramError: no bridge, no address left, what a tool said
 */
export const connect = async (pid: number, network: Network, { makeBridge = false } = {}): Promise<Connection> => {
  if (network === 'host') return {}
  if (network === 'none') {
    await ipInside(pid, 'link set lo up')
    return {}
  }
  const { subnet, ...connection } = await withNetworkLock(async () => {
    const bridge = await (makeBridge ? bridgeForRun() : findBridge())
    if (!bridge?.subnet)
      throw new ProgramError(
        `there is no bridge ${BRIDGE} to plug the container into: make it once, with chapters/06-net/init-net.ts`,
      )
    return { subnet: bridge.subnet, ...(await plugIn(pid, bridge.subnet, bridge)) }
  })
  await furnish(pid, subnet, connection.address)
  return connection
}
