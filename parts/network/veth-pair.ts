/** A cable between host and container without a bridge: the host's end has an address itself. */

import { listLinks, unusedVethName } from './ip-command.ts'
import { IP_FORWARD, ipForwardAlias, ipForwardBefore } from './ip-forward.ts'
import { natRemovalScript, natScript } from './nat.ts'
import { withNetworkLock } from './network-lock.ts'
import { gateway, type Subnet } from './subnet.ts'
import { refuseClash } from './subnet-clash.ts'
import { changeHostUntilDeath } from './undo-at-death.ts'

// When the container dies, the kernel removes the cable, but it leaves the rules, and ip_forward as it was set.
const undoScript = (device: string, ipForward: string): string => `
  [ -n "$locked" ] || { exec 9</proc/self/ns/net; flock 9; }
  ip link delete ${device} 2>/dev/null
  ${natRemovalScript(device)}
  ip -oneline link show | grep -q "${ipForwardAlias('')}" || echo ${ipForward} >${IP_FORWARD}`

/**
 * Lays a cable from the host to a container that waits at a gate, and lets the host forward and translate for it.
 * @param pid a process in the container's network namespace, where the cable's end is eth0
 * @param subnet has an address for either end; the host gets the first
 * @returns a function that takes everything back; when this program is killed before, it is taken back all the same
 * @throws ProgramError: a clash, a missing tool, the words of a tool that failed
 */
export const connectVethPair = async (pid: number, subnet: Subnet): Promise<() => Promise<void>> => {
  const takeBack = await withNetworkLock(async () => {
    await refuseClash(subnet)
    const links = await listLinks()
    const device = unusedVethName(links)
    const before = ipForwardBefore(links)
    const change = `
      ip link add ${device} type veth peer name eth0 netns ${pid}
      ip link set ${device} alias "${ipForwardAlias(before)}"
      ip address add ${gateway(subnet)}/${subnet.prefix} dev ${device}
      ip link set ${device} up
      echo 1 >${IP_FORWARD}
      ${natScript({ device, subnet: subnet.text })}`
    return changeHostUntilDeath('veth pair', change, undoScript(device, before))
  })
  return () => withNetworkLock(takeBack)
}
