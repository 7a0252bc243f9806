/** A container's network: a cable to the bridge, an address, a route. The container waits at its gate meanwhile. */

import { CLONE_NEWNET } from '#native/linux.ts'
import { BRIDGE, type ReadyBridge, requireBridge } from '#parts/network/bridge.ts'
import { ip, ipInside, unusedVethName } from '#parts/network/ip-command.ts'
import { withNetworkLock } from '#parts/network/network-lock.ts'
import type { NetworkMode } from '#parts/network/network-options.ts'
import { gateway, hardwareAddress, lowestFreeAddress, type Subnet } from '#parts/network/subnet.ts'

/** The flag for clone(2). A container that uses the host's network gets no network namespace of its own. */
export const networkNamespace = (mode: NetworkMode): number => (mode === 'host' ? 0 : CLONE_NEWNET)

/** Lays a cable: one end is the container's eth0, the other is plugged into the bridge. Its alias keeps the address. */
const plugIntoBridge = async (pid: number, { subnet, ports, links }: ReadyBridge) => {
  const taken = ports.map(({ ifalias }) => ifalias)
  const address = lowestFreeAddress(subnet, taken)
  const device = unusedVethName(links)
  await ip(
    `link add ${device} type veth peer name eth0 address ${hardwareAddress(address)} netns ${pid}`,
    `link set ${device} master ${BRIDGE} alias ${address} up`,
  )
  return { subnet, address, device }
}

/** Inside: brings lo up, gives eth0 its address, and sends everything else to the gateway. Throws ProgramError. */
export const configureInside = (pid: number, subnet: Subnet, address: string): Promise<void> =>
  ipInside(
    pid,
    'link set lo up',
    `address add ${address}/${subnet.prefix} broadcast + dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway(subnet)}`,
  )

/** A container's address and the host's end of its cable, where it has a cable. */
export type Connection = { readonly address?: string; readonly device?: string }

/**
 * Connects a container that waits at a gate.
 * @param pid a process in its network namespace
 * @param getBridge finds the bridge to plug it into, or makes one
 * @throws ProgramError: no bridge, no free address, the words of a tool that failed
 */
export const connectContainer = async (
  pid: number,
  mode: NetworkMode,
  getBridge: () => Promise<ReadyBridge> = requireBridge,
): Promise<Connection> => {
  if (mode === 'none') await ipInside(pid, 'link set lo up')
  if (mode !== 'bridge') return {}
  const { subnet, ...connection } = await withNetworkLock(async () => plugIntoBridge(pid, await getBridge()))
  await configureInside(pid, subnet, connection.address)
  return connection
}
