/** A cable between host and container, without a switch: the host's end has an address itself. */

import { furnish, newVeth } from './cable.ts'
import { devices } from './ip-command.ts'
import { IP_FORWARD, ipForwardBefore, memory } from './ip-forward.ts'
import { masquerade, stopMasquerade } from './nat.ts'
import { withNetworkLock } from './network-lock.ts'
import { gateway, lowestFree, type Subnet } from './subnet.ts'
import { refuseClash } from './subnet-clash.ts'
import { hold } from './undo-at-death.ts'

// The container's death takes the cable away, the rules and the switch it does not: that is for the shell.
const undo = (device: string, before: string): string => `
  [ -z "$made" ] || { exec 9</proc/self/ns/net; flock 9; }
  ip link delete ${device} 2>/dev/null
  ${stopMasquerade(device)}
  ip -oneline link show | grep -q "${memory('')}" || echo ${before} >${IP_FORWARD}`

/**
 * Connects a container that waits at a gate to the host, and through it to the world.
 * @param pid a process in its network namespace
 * @param subnet has an address for either end
 * @returns what takes everything back; if this program is killed before, it is done all the same
 * @throws ProgramError: a clash, a missing tool, what a tool said
 */
export const pair = async (pid: number, subnet: Subnet): Promise<() => Promise<void>> => {
  const address = lowestFree(subnet, new Set())
  const remove = await withNetworkLock(async () => {
    await refuseClash(subnet)
    const { links } = await devices()
    const device = newVeth(links)
    const before = ipForwardBefore(links)
    const make = `
      ip link add ${device} type veth peer name eth0 netns ${pid}
      ip link set ${device} alias "${memory(before)}"
      ip address add ${gateway(subnet)}/${subnet.prefix} dev ${device}
      ip link set ${device} up
      echo 1 >${IP_FORWARD}
      ${masquerade({ device, subnet: subnet.text })}`
    return hold('veth pair', make, undo(device, before))
  })
  await furnish(pid, subnet, address)
  return remove
}
