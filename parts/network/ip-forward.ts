/**
 * The switch that makes a host a router. What it was before stands in the alias of each device that needs it on, so
 * that no file has to remember it. The last such device to go turns it back.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { showCall } from '#native/argument.ts'
import { traceCall } from '#native/trace.ts'
import type { Link } from './ip-command.ts'

/**
 * The switch. A process that opens it gets the switch of its own network namespace.
 * Source: ip-sysctl of the kernel's documentation
 */
export const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward'

/**
 * The alias of a device that needs forwarding.
 * @param before what the switch was before: '0' or '1'
 */
export const ipForwardAlias = (before: string): string => `skdocker: ip_forward was ${before}`

/** What the alias of a device says that the switch was; undefined for a device that does not need forwarding. */
export const ipForwardInAlias = ({ ifalias = '' }: Link): string | undefined =>
  /^skdocker: ip_forward was ([01])/.exec(ifalias)?.[1]

/**
 * What the switch was before the first of our devices needed it, '0' or '1'; what it is now, where there is none.
 * @param links all devices of the host
 */
export const ipForwardBefore = (links: readonly Link[]): string =>
  links.map(ipForwardInAlias).find(value => value !== undefined) ?? readFileSync(IP_FORWARD, 'utf8').trim()

// The kernel resets settings of every device when the switch is written, be it to the same value.
const setIpForward = (value: string): void => {
  if (readFileSync(IP_FORWARD, 'utf8').trim() === value) return
  writeFileSync(IP_FORWARD, value)
  traceCall(showCall('write', [IP_FORWARD, value]), value.length)
}

/** Lets this host pass on packets that are not for it. Throws NodeJS.ErrnoException. */
export const enableIpForward = (): void => setIpForward('1')

/**
 * Turns the switch back to what the alias of a device says, unless another device still needs it on.
 * @param link the device that goes
 * @param links all devices of the host
 * @throws NodeJS.ErrnoException
 */
export const restoreIpForward = (link: Link, links: readonly Link[]): void => {
  const before = ipForwardInAlias(link)
  const others = links.filter(({ ifname }) => ifname !== link.ifname)
  if (before !== undefined && !others.some(ipForwardInAlias)) setIpForward(before)
}
