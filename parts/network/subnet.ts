/** A range of IPv4 addresses: 172.16.0.0/16. */

import { isIPv4 } from 'node:net'
import { ProgramError } from '#native/index.ts'

export type Subnet = {
  /** as it is written: `172.16.0.0/16` */
  readonly text: string
  /** how many bits all its addresses have in common */
  readonly prefix: number
  /** its lowest address, as a number */
  readonly network: number
}

const numberOf = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)

const textOf = (address: number): string => [24, 16, 8, 0].map(bits => (address >>> bits) & 255).join('.')

const size = ({ prefix }: Pick<Subnet, 'prefix'>): number => 2 ** (32 - prefix)

/** The subnet an address is in; an address alone is a subnet of one. */
export const subnetAround = (address: string, prefix = 32): Subnet => {
  const number = numberOf(address)
  const network = number - (number % size({ prefix }))
  return { text: `${textOf(network)}/${prefix}`, prefix, network }
}

/**
 * Reads `172.16.0.0/16`.
 * @throws ProgramError for anything else
 */
export const parseSubnet = (text: string): Subnet => {
  const [, address = '', prefix] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? []
  if (!isIPv4(address)) throw new ProgramError(`"${text}" is no subnet: write it like 172.16.0.0/16`)
  if (Number(prefix) < 8 || Number(prefix) > 30)
    throw new ProgramError(`the subnet ${text} needs a prefix from /8 to /30: /16 has room for 65533 containers`)
  const subnet = subnetAround(address, Number(prefix))
  if (subnet.text !== text)
    throw new ProgramError(`${text} is an address in the subnet ${subnet.text}: write that if it is meant`)
  return subnet
}

/** Whether two subnets have an address in common: whether one is in the other. */
export const overlap = (one: Subnet, other: Subnet): boolean => {
  const narrower = one.prefix > other.prefix ? one : other
  const wider = narrower === one ? other : one
  return narrower.network >= wider.network && narrower.network < wider.network + size(wider)
}

/** Its first address, which the host takes for itself and the containers send everything to. */
export const gateway = ({ network }: Subnet): string => textOf(network + 1)

/**
 * The lowest address that is left for a container. The first is the gateway's; the last is everybody's (broadcast).
 * @throws ProgramError when there is none
 */
export const lowestFree = (subnet: Subnet, taken: ReadonlySet<string>): string => {
  const last = subnet.network + size(subnet) - 2
  for (let address = subnet.network + 2; address <= last; address++)
    if (!taken.has(textOf(address))) return textOf(address)
  throw new ProgramError(
    `every address of ${subnet.text} has its container: stop one, or make the network anew and wider with init-net.ts --down and --subnet`,
  )
}

/** The hardware address that goes with an address: who gets the address after another answers under the same one. */
export const hardwareAddress = (address: string): string =>
  ['02', '42', ...address.split('.').map(byte => Number(byte).toString(16).padStart(2, '0'))].join(':')
