/** The switch that the containers are plugged into, and all a host needs beside it to be their router. */

import { setTimeout } from 'node:timers/promises'
import { runScript } from '#native/host-tool.ts'
import { ProgramError } from '#native/index.ts'
import { devices, ip, type Link } from './ip-command.ts'
import { forward, ipForwardBefore, memory, stopForwarding } from './ip-forward.ts'
import { masquerade, stopMasquerade } from './nat.ts'
import { withNetworkLock } from './network-lock.ts'
import { gateway, hardwareAddress, parseSubnet, type Subnet, subnetAround } from './subnet.ts'
import { refuseClash } from './subnet-clash.ts'

export const BRIDGE = 'skdocker0'

const DEFAULT_SUBNET = '172.16.0.0/16'

/** At the end of the alias of a bridge that the last run takes back. */
const FOR_A_RUN = ', made by a run'

/** The bridge as the kernel has it. */
export type Bridge = {
  readonly device: Link
  /** undefined when whoever made it did not come to the end */
  readonly subnet: Subnet | undefined
  /** what is plugged into it */
  readonly ports: readonly Link[]
  /** every device of the host */
  readonly links: readonly Link[]
}

/** The host's devices, and the bridge where it is one of them. */
type Host = { readonly links: readonly Link[]; readonly bridge: Bridge | undefined }

const look = async (): Promise<Host> => {
  const { links, addressesOf } = await devices()
  const device = links.find(({ ifname }) => ifname === BRIDGE)
  if (!device) return { links, bridge: undefined }
  const [address, prefix] = addressesOf(BRIDGE)[0]?.split('/') ?? []
  const subnet = address === undefined ? undefined : subnetAround(address, Number(prefix))
  return { links, bridge: { device, subnet, ports: links.filter(({ master }) => master === BRIDGE), links } }
}

/** Looks for the bridge. Throws ProgramError. */
export const findBridge = async (): Promise<Bridge | undefined> => (await look()).bridge

const make = async ({ links, bridge }: Host, subnet: Subnet, mark: string): Promise<Bridge> => {
  const translate = masquerade({ device: BRIDGE, subnet: subnet.text })
  const ifalias = `${memory(ipForwardBefore(links))}${mark}`
  const address = gateway(subnet)
  await ip(
    // With a hardware address of its own: else it has that of a port, and another when that container is gone.
    ...(bridge ? [] : [`link add ${BRIDGE} address ${hardwareAddress(address)} type bridge`]),
    `link set ${BRIDGE} alias "${ifalias}"`,
    `address replace ${address}/${subnet.prefix} broadcast + dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
  )
  forward()
  await runScript('NAT', translate)
  return { device: { ifname: BRIDGE, ifalias }, subnet, ports: bridge?.ports ?? [], links }
}

/** Takes the bridge away and all that was done for it. The bridge goes last, because it is what remembers. */
const takeBack = async ({ device, links }: Bridge): Promise<void> => {
  try {
    await runScript('NAT', stopMasquerade(BRIDGE))
  } finally {
    stopForwarding(device, links)
    await ip(`link delete ${BRIDGE}`)
  }
}

/** Makes what is missing, or nothing. For those who hold the lock. */
const bringUp = async (host: Host, wanted: Subnet | undefined, mark: string): Promise<Bridge> => {
  const { bridge } = host
  const subnet = bridge?.subnet ?? wanted ?? parseSubnet(DEFAULT_SUBNET)
  if (wanted && wanted.text !== subnet.text)
    throw new ProgramError(
      `${BRIDGE} is there already, for ${subnet.text}: take it down first, with init-net.ts --down`,
    )
  if (!bridge?.subnet) await refuseClash(subnet)
  try {
    return await make(host, subnet, mark)
  } catch (error) {
    const half = bridge ? undefined : await findBridge()
    // What failed to make it may fail to take it back, too: the first error is the one to be told.
    if (half) await takeBack(half).catch(() => {})
    throw error
  }
}

/**
 * Makes the bridge, lets the host forward and translates. Where it is done already it is done again, to no effect.
 * @param wanted the addresses to be used; unless told those of the bridge that is there, or 172.16.0.0/16
 * @throws ProgramError: a clash, a missing tool, what a tool said
 */
export const upNetwork = (wanted?: Subnet): Promise<void> =>
  withNetworkLock(async () => void (await bringUp(await look(), wanted, '')))

/** The bridge, made for this run where it is missing or not ready. For those who hold the lock. Throws ProgramError. */
export const bridgeForRun = async (): Promise<Bridge> => {
  const host = await look()
  return host.bridge?.subnet ? host.bridge : bringUp(host, undefined, FOR_A_RUN)
}

/**
 * Takes the bridge back if a run made it and nobody is plugged in any more.
 * @param device the end of a cable that does not count, for its container has ended: what connect() returned. The
 * kernel takes it away, in its own time
 * @returns false when somebody is: a container, or what the kernel has yet to take away of one
 * @throws ProgramError
 */
export const releaseNetwork = (device?: string): Promise<boolean> =>
  withNetworkLock(async () => {
    const bridge = await findBridge()
    if (!bridge?.device.ifalias?.endsWith(FOR_A_RUN)) return true
    const others = bridge.ports.filter(({ ifname }) => ifname !== device)
    if (others.length === 0) await takeBack(bridge)
    // Those who end next would take it for one in use. The kernel may have been quicker.
    else if (others.length < bridge.ports.length) await ip(`link delete ${device}`).catch(() => {})
    return others.length === 0
  })

const downUnlessUsed = async (): Promise<boolean> => {
  const bridge = await findBridge()
  if (bridge && bridge.ports.length > 0) return false
  // Rules may be left of a bridge that somebody has deleted by hand.
  await (bridge ? takeBack(bridge) : runScript('NAT', stopMasquerade(BRIDGE)))
  return true
}

const PATIENCE = 2000 // ms

/**
 * Takes everything back that upNetwork() did. A container that has just ended is given two seconds to let go.
 * @throws ProgramError when containers are still plugged in
 */
export const downNetwork = async (): Promise<void> => {
  const deadline = performance.now() + PATIENCE
  while (!(await withNetworkLock(downUnlessUsed))) {
    if (performance.now() > deadline) {
      const ports = (await findBridge())?.ports ?? []
      const names = ports.map(({ ifname, ifalias = ifname }) => ifalias).join(', ')
      throw new ProgramError(`${BRIDGE} is in use by ${names}: end these containers first`)
    }
    await setTimeout(50)
  }
}
