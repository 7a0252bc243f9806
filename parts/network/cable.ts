/**
 * A container's cable to the bridge, and with it its address. Nobody keeps a list: the addresses that are taken are
 * written on the cables that are plugged in, and the kernel takes a cable away when the container has died, however.
 */

import { randomBytes } from 'node:crypto'
import { BRIDGE, type Bridge } from './bridge.ts'
import { ip, ipInside, type Link } from './ip-command.ts'
import { gateway, hardwareAddress, lowestFree, type Subnet } from './subnet.ts'

/** A device name may have 15 bytes; this has 11, as Docker's. */
export const newVeth = (links: readonly Link[]): string => {
  const name = `veth${randomBytes(4).toString('hex').slice(0, 7)}`
  return links.some(({ ifname }) => ifname === name) ? newVeth(links) : name
}

/**
 * Plugs a container in: one end of the cable is its eth0, the other is in the bridge. For those who hold the lock.
 * @param pid a process of the container
 * @returns its address and the host's end
 * @throws ProgramError
 */
export const plugIn = async (
  pid: number,
  subnet: Subnet,
  { ports, links }: Bridge,
): Promise<{ address: string; device: string }> => {
  const address = lowestFree(subnet, new Set(ports.map(({ ifalias = '' }) => ifalias)))
  const device = newVeth(links)
  await ip(
    `link add ${device} master ${BRIDGE} type veth peer name eth0 address ${hardwareAddress(address)} netns ${pid}`,
    `link set ${device} alias ${address} up`,
  )
  return { address, device }
}

/** Gives a network namespace its loopback, its address and its way out. Throws ProgramError. */
export const furnish = (pid: number, subnet: Subnet, address: string): Promise<void> =>
  ipInside(
    pid,
    'link set lo up',
    `address add ${address}/${subnet.prefix} broadcast + dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway(subnet)}`,
  )
