/** A range of IPv4 addresses, 172.16.0.0/16: read, compared, given out. */

import { isIPv4 } from 'node:net'
import { ProgramError } from '#native/index.ts'

export type Subnet = {
  /** `172.16.0.0/16` */
  readonly text: string
  /** how many bits all its addresses have in common */
  readonly prefix: number
  /** its lowest address, as a number */
  readonly network: number
}

/** For getopt(): the option that parseSubnet() reads. */
export const subnetOption = {
  subnet: { type: 'string', valueName: 'RANGE', help: 'the addresses to be used: 172.18.0.0/16' },
} as const

const numberOf = (address: string): number => address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)

const textOf = (address: number): string => [24, 16, 8, 0].map(bits => (address >>> bits) & 255).join('.')

const sizeOf = ({ prefix }: Pick<Subnet, 'prefix'>): number => 2 ** (32 - prefix)

/** The subnet that an address is in. Without a prefix it is a subnet of this one address. */
export const subnetAround = (address: string, prefix = 32): Subnet => {
  const number = numberOf(address)
  const network = number - (number % sizeOf({ prefix }))
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

/** Whether two subnets have an address in common. Then one of them lies in the other. */
export const overlap = (one: Subnet, other: Subnet): boolean => {
  const narrower = one.prefix > other.prefix ? one : other
  const wider = narrower === one ? other : one
  return narrower.network >= wider.network && narrower.network < wider.network + sizeOf(wider)
}

/** The first address of a subnet. The host has it, and the containers send to it what is for anybody outside. */
export const gateway = ({ network }: Subnet): string => textOf(network + 1)

/**
 * The lowest address that a container can have. The first of a subnet is the gateway's, the last is for broadcasts.
 * @param taken the addresses that other containers have
 * @throws ProgramError when there is none left
 */
export const lowestFreeAddress = (subnet: Subnet, taken: Iterable<string | undefined> = []): string => {
  const takenAddresses = new Set(taken)
  const last = subnet.network + sizeOf(subnet) - 2
  for (let address = subnet.network + 2; address <= last; address++)
    if (!takenAddresses.has(textOf(address))) return textOf(address)
  throw new ProgramError(
    `every address of ${subnet.text} has its container: end one; or end all, and make the network anew and wider: "init-net.ts --down", then "init-net.ts --subnet"`,
  )
}

/** How our hardware addresses begin; 02 means that no maker of network cards has given them out. */
export const HARDWARE_PREFIX = '02:42'

/**
 * The hardware address that goes with an address. The next container with the same address answers under the same
 * hardware address, so that whoever has just talked to the last one reaches the next at once.
 */
export const hardwareAddress = (address: string): string =>
  [HARDWARE_PREFIX, ...address.split('.').map(byte => Number(byte).toString(16).padStart(2, '0'))].join(':')
