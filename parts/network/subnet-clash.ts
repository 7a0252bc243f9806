/** Refuses a range of addresses when this host already reaches some of them elsewhere. */

import { ProgramError } from '#native/index.ts'
import { listRoutes, type Route } from './ip-command.ts'
import { overlap, parseSubnet, type Subnet, subnetAround } from './subnet.ts'

const SUGGESTIONS = ['172.16.0.0/16', '172.18.0.0/16', '10.88.0.0/16', '192.168.88.0/24', '192.168.144.0/20']

// A VPN may have a route for half the world, which is a default route under another name.
const SHORTEST_PREFIX = 8

const destinationOf = ({ dst }: Route): Subnet | undefined => {
  const [address = '', prefix = '32'] = dst.split('/')
  return dst === 'default' || Number(prefix) < SHORTEST_PREFIX ? undefined : subnetAround(address, Number(prefix))
}

const findOverlap = (subnet: Subnet, routes: readonly Route[]): Route | undefined =>
  routes
    .filter(({ type = 'unicast' }) => ['unicast', 'local'].includes(type))
    .find(route => {
      const destination = destinationOf(route)
      return destination !== undefined && overlap(subnet, destination)
    })

/**
 * Refuses a subnet that overlaps a route of this host, because the machines behind that route would be out of reach.
 * @throws ProgramError that names the route, and a range that is free
 */
export const refuseClash = async (subnet: Subnet): Promise<void> => {
  const routes = await listRoutes()
  const clash = findOverlap(subnet, routes)
  if (!clash) return
  const free = SUGGESTIONS.find(other => !findOverlap(parseSubnet(other), routes)) ?? '10.x.y.0/24'
  const through = clash.dev ? `, which this host reaches through ${clash.dev}` : ', to which this host has a route'
  throw new ProgramError(
    `${subnet.text} overlaps ${clash.dst}${through}: make the bridge with another range: "npx tsx chapters/06-net/init-net.ts --subnet ${free}"`,
  )
}
