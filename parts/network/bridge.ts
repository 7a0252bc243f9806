/** The bridge that the containers are plugged into, and what makes the host their router: forwarding and NAT. */

import { setTimeout } from 'node:timers/promises'
import { runScript } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'
import { BRIDGE, isOurBridge, refuseForeignBridge } from './bridge-mark.ts'
import { ip, type Link, listLinks } from './ip-command.ts'
import { enableIpForward, ipForwardAlias, ipForwardBefore, restoreIpForward } from './ip-forward.ts'
import { natRemovalScript, natScript } from './nat.ts'
import { withNetworkLock } from './network-lock.ts'
import { reportObstacles } from './obstacles.ts'
import { gateway, hardwareAddress, parseSubnet, type Subnet, subnetAround } from './subnet.ts'
import { refuseClash } from './subnet-clash.ts'

export { BRIDGE } from './bridge-mark.ts'

const DEFAULT_SUBNET = '172.16.0.0/16'

/** The end of the alias of a bridge that a run has made. Such a bridge goes with its last container. */
const MADE_BY_A_RUN = ', made by a run'

/** The bridge as the kernel has it. */
type Bridge = {
  readonly link: Link
  /** undefined when the program that made the bridge was killed before it gave it an address */
  readonly subnet: Subnet | undefined
  /** the host's ends of the cables that are plugged in */
  readonly ports: readonly Link[]
  /** all devices of the host */
  readonly links: readonly Link[]
}

/** What has to be known of a bridge to plug a container in. */
export type ReadyBridge = Pick<Bridge, 'ports' | 'links'> & { readonly subnet: Subnet }

const isReady = (bridge: Bridge | undefined): bridge is Bridge & ReadyBridge => bridge?.subnet !== undefined

/** Finds our bridge among devices. A device of somebody else that has its name does not count. */
const bridgeAmong = (links: readonly Link[]): Bridge | undefined => {
  const link = links.find(isOurBridge)
  if (!link) return undefined
  const [address, prefix] = link.addresses[0]?.split('/') ?? []
  const subnet = address === undefined ? undefined : subnetAround(address, Number(prefix))
  return { link, subnet, ports: links.filter(({ master }) => master === BRIDGE), links }
}

/** Looks for the bridge, and finds none where a device of somebody else has its name. Throws ProgramError. */
export const findBridge = async (): Promise<Bridge | undefined> => bridgeAmong(await listLinks())

/** Lists the devices of this network namespace. Throws ProgramError when one of them has the bridge's name and is not ours. */
const listLinksUnlessForeign = async (): Promise<Link[]> => {
  const links = await listLinks()
  refuseForeignBridge(links)
  return links
}

/**
 * Looks for the bridge that init-net.ts has made.
 * @throws ProgramError when there is none, or somebody else's
 */
export const requireBridge = async (): Promise<ReadyBridge> => {
  const bridge = bridgeAmong(await listLinksUnlessForeign())
  if (isReady(bridge)) return bridge
  throw new ProgramError(
    `there is no bridge ${BRIDGE} to plug the container into: make it once: "npx tsx chapters/06-net/init-net.ts"`,
  )
}

const makeBridge = async (links: readonly Link[], subnet: Subnet, mark: string): Promise<void> => {
  const nat = natScript({ device: BRIDGE, subnet: subnet.text })
  const alias = `${ipForwardAlias(ipForwardBefore(links))}${mark}`
  const address = gateway(subnet)
  await ip(
    // A bridge without a hardware address of its own takes a port's, and changes it when that container is gone.
    ...(bridgeAmong(links) ? [] : [`link add ${BRIDGE} address ${hardwareAddress(address)} type bridge`]),
    `link set ${BRIDGE} alias "${alias}"`,
    `address replace ${address}/${subnet.prefix} broadcast + dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  )
  enableIpForward()
  await runScript('NAT', nat)
}

// The bridge goes last, because its alias remembers what ip_forward was.
const takeBridgeDown = async ({ link, links }: Bridge): Promise<void> => {
  try {
    await runScript('NAT', natRemovalScript(BRIDGE))
  } finally {
    restoreIpForward(link, links)
    await ip(`link delete ${BRIDGE}`)
  }
}

/** Makes what is missing of the bridge. The caller holds the lock. */
const completeBridge = async (
  links: readonly Link[],
  wanted: Subnet | undefined,
  mark: string,
): Promise<ReadyBridge> => {
  const bridge = bridgeAmong(links)
  const subnet = bridge?.subnet ?? wanted ?? parseSubnet(DEFAULT_SUBNET)
  if (wanted && wanted.text !== subnet.text)
    throw new ProgramError(
      `${BRIDGE} is there already, for ${subnet.text}: take it down first: "npx tsx chapters/06-net/init-net.ts --down"`,
    )
  if (!bridge?.subnet) await refuseClash(subnet)
  try {
    await makeBridge(links, subnet, mark)
    return { subnet, ports: bridge?.ports ?? [], links }
  } catch (error) {
    const unfinished = bridge ? undefined : await findBridge()
    // The cause of this failure may make the way back fail too. The reader is told of the first failure only.
    if (unfinished) await takeBridgeDown(unfinished).catch(() => {})
    throw error
  }
}

/**
 * Makes the bridge, lets the host forward, and translates addresses. Called again, it changes nothing. What drops packets
 * all the same is named on stderr.
 * @param wanted the addresses to use; without it, those of the bridge that is there, or else 172.16.0.0/16
 * @throws ProgramError: a clash, a device of somebody else, a missing tool, the words of a tool that failed
 */
export const createBridge = async (wanted?: Subnet): Promise<void> => {
  await withNetworkLock(async () => completeBridge(await listLinksUnlessForeign(), wanted, ''))
  await reportObstacles()
}

/**
 * Looks for the bridge, and makes it where it is missing, for removeBridgeIfUnused() to remove. The caller holds the
 * lock.
 * @throws ProgramError as createBridge() does
 */
export const findOrMakeBridge = async (): Promise<ReadyBridge> => {
  const links = await listLinksUnlessForeign()
  const bridge = bridgeAmong(links)
  return isReady(bridge) ? bridge : completeBridge(links, undefined, MADE_BY_A_RUN)
}

/**
 * Removes the bridge if findOrMakeBridge() made it and no container is plugged in any more.
 * @param device the host's end of the cable of a container that has ended. It does not count, for the kernel takes it
 * away, in its own time
 * @returns false when something else is plugged in: a container, or a cable that the kernel has yet to remove
 * @throws ProgramError
 */
export const removeBridgeIfUnused = (device?: string): Promise<boolean> =>
  withNetworkLock(async () => {
    const bridge = await findBridge()
    if (!bridge?.link.ifalias?.endsWith(MADE_BY_A_RUN)) return true
    const others = bridge.ports.filter(({ ifname }) => ifname !== device)
    if (others.length === 0) await takeBridgeDown(bridge)
    // The next container to end would count this cable as one in use. The kernel may have been quicker to delete it.
    else if (others.length < bridge.ports.length) await ip(`link delete ${device}`).catch(() => {})
    return others.length === 0
  })

/** Removes the bridge, or returns false when something is plugged in. The caller holds the lock. */
const removeUnlessInUse = async (): Promise<boolean> => {
  const bridge = bridgeAmong(await listLinksUnlessForeign())
  if (bridge && bridge.ports.length > 0) return false
  // A bridge that somebody has deleted by hand has left its rules.
  await (bridge ? takeBridgeDown(bridge) : runScript('NAT', natRemovalScript(BRIDGE)))
  return true
}

const PATIENCE = 2000 // ms: the kernel removes the cable of a container that has just ended

/**
 * Takes back all that createBridge() did.
 * @throws ProgramError when containers are still plugged in, or it is somebody else's
 */
export const removeBridge = async (): Promise<void> => {
  const deadline = performance.now() + PATIENCE
  while (!(await withNetworkLock(removeUnlessInUse))) {
    if (performance.now() > deadline) {
      const ports = (await findBridge())?.ports ?? []
      const names = ports.map(({ ifname, ifalias = ifname }) => ifalias).join(', ')
      throw new ProgramError(`${BRIDGE} is in use by ${names}: end these containers first`)
    }
    await setTimeout(50)
  }
}
