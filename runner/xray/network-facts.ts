/** The networks of containers: devices, addresses, and which cable leads where. */

import { isInstalled } from '#native/find-on-path.ts'
import { hasErrno, ProgramError } from '#native/index.ts'
import { type Link, listLinks, listRoutes, type Route } from '#parts/network/ip-command.ts'
import { listTranslations } from '#parts/network/nat.ts'

/** The end of a cable: a device, in a network namespace. */
export type CableEnd = { readonly namespace: string; readonly device: string }

/** A network device. */
export type Device = {
  readonly name: string
  /** `veth`, `bridge` …; missing for a real device and for lo */
  readonly kind?: string
  readonly isUp: boolean
  readonly addresses: readonly string[]
  /** the bridge that it is plugged into */
  readonly bridge?: string
  /** the other end of its cable */
  readonly peer?: CableEnd
}

/** What is in a network namespace. */
export type Network = {
  /** its name, as /proc/PID/ns/net has it */
  readonly namespace: string
  /** a process that is in it */
  readonly pid: number
  readonly devices: readonly Device[]
  /** the gateway of what leaves it */
  readonly gateway?: string
  /** the rules that translate addresses, in the words of iptables and nft */
  readonly translations: readonly string[]
}

/** A network namespace, and those in which the other ends of its cables are looked for first: what is around it. */
export type NetworkPlace = { readonly namespace: string; readonly pid: number; readonly around: readonly string[] }

type Raw = NetworkPlace & { readonly links: readonly Link[]; readonly routes: readonly Route[] }

const ask = async (place: NetworkPlace): Promise<Raw[]> => {
  try {
    return [{ ...place, links: await listLinks(place.pid), routes: await listRoutes(place.pid) }]
  } catch (error) {
    // The process may have ended meanwhile.
    if (error instanceof ProgramError || hasErrno(error, 'ENOENT', 'ESRCH', 'EINVAL')) return []
    throw error
  }
}

/**
 * Finds the other end of a cable. Each end names the other by a number that only the other's namespace knows, so two ends
 * belong together when each names the other. Where that fits more than once, what is around comes first.
 */
const peerOf = (link: Link, raw: Raw, all: readonly Raw[]): CableEnd | undefined => {
  if (link.linkinfo?.info_kind !== 'veth') return undefined
  if (link.link !== undefined) return { namespace: raw.namespace, device: link.link }
  const isNear = (other: Raw): boolean =>
    raw.around.includes(other.namespace) || other.around.includes(raw.namespace)
  const others = all.filter(other => other !== raw).sort((a, b) => Number(isNear(b)) - Number(isNear(a)))
  for (const { namespace, links } of others) {
    const found = links.find(
      other =>
        other.linkinfo?.info_kind === 'veth' &&
        other.ifindex === link.link_index &&
        other.link_index === link.ifindex,
    )
    if (found) return { namespace, device: found.ifname }
  }
  return undefined
}

const deviceOf = (link: Link, peer: CableEnd | undefined): Device => ({
  name: link.ifname,
  ...(link.linkinfo?.info_kind && { kind: link.linkinfo.info_kind }),
  // lo never says UP: nobody can pull its cable.
  isUp: link.operstate !== 'DOWN',
  addresses: link.addresses,
  ...(link.master && { bridge: link.master }),
  ...(peer && { peer }),
})

const networkOf = async (raw: Raw, all: readonly Raw[]): Promise<Network> => {
  const devices = raw.links.map(link => deviceOf(link, peerOf(link, raw, all)))
  const gateway = raw.routes.find(({ dst }) => dst === 'default')?.gateway
  // Only a namespace from which cables lead to others translates for them.
  const isRouter = devices.some(({ kind }) => kind === 'bridge' || kind === 'veth') && raw.routes.length > 0
  return {
    namespace: raw.namespace,
    pid: raw.pid,
    devices,
    ...(gateway && { gateway }),
    translations: isRouter ? await listTranslations(raw.pid) : [],
  }
}

/**
 * Reads networks with ip(8), which runs in each. The tool is the host's: the containers need none.
 * @throws ProgramError, Interrupted
 */
export const networksOf = async (places: readonly NetworkPlace[]): Promise<Network[]> => {
  if (!isInstalled('ip')) return []
  const all: Raw[] = []
  for (const place of places) all.push(...(await ask(place)))
  const networks: Network[] = []
  for (const raw of all) networks.push(await networkOf(raw, all))
  return networks
}
