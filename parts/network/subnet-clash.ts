/** Whether a range of addresses is free on this host. */

import { ProgramError } from '#native/index.ts'
import { type Route, routes } from './ip-command.ts'
import { overlap, parseSubnet, type Subnet, subnetAround } from './subnet.ts'

const OTHERS = ['172.16.0.0/16', '172.18.0.0/16', '10.88.0.0/16', '192.168.88.0/24', '192.168.144.0/20']

// A route to half the world, as VPNs have it, is a default route under another name.
const WIDEST = 8

const destination = ({ dst }: Route): Subnet | undefined => {
  const [address, prefix = '32'] = dst.split('/')
  return dst === 'default' || Number(prefix) < WIDEST ? undefined : subnetAround(address!, Number(prefix))
}

const overlapping = (subnet: Subnet, all: readonly Route[]): Route | undefined =>
  all
    .filter(({ type = 'unicast' }) => ['unicast', 'local'].includes(type))
    .find(route => {
      const to = destination(route)
      return to !== undefined && overlap(subnet, to)
    })

/**
 * Refuses a range of addresses of which this host reaches some elsewhere: it would no longer.
 * @throws ProgramError that names the clash and a range that is free
 */
export const refuseClash = async (subnet: Subnet): Promise<void> => {
  const all = await routes()
  const clash = overlapping(subnet, all)
  if (!clash) return
  const free = OTHERS.find(other => !overlapping(parseSubnet(other), all)) ?? '10.x.y.0/24'
  const through = clash.dev ? `, which this host reaches through ${clash.dev}` : ', to which this host has a route'
  throw new ProgramError(`${subnet.text} overlaps ${clash.dst}${through}: choose another range, --subnet ${free}`)
}
