/**
 * The switch that makes a host a router. What it was before is remembered where the reason for turning it on is: in the
 * alias of the device. The last such device to go turns it back.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { showCall } from '#native/argument.ts'
import { traceCall } from '#native/trace.ts'
import type { Link } from './ip-command.ts'

/** Always that of the network namespace of whoever opens it. Source: ip-sysctl of the kernel's documentation */
export const IP_FORWARD = '/proc/sys/net/ipv4/ip_forward'

const remembered = ({ ifalias = '' }: Link): string | undefined =>
  /^skdocker: ip_forward was ([01])/.exec(ifalias)?.[1]

/** The alias of a device that needs it. */
export const memory = (before: string): string => `skdocker: ip_forward was ${before}`

/** What it was before the first of these devices needed it, or is: '0' or '1'. */
export const ipForwardBefore = (links: readonly Link[]): string =>
  links.map(remembered).find(value => value !== undefined) ?? readFileSync(IP_FORWARD, 'utf8').trim()

// Even a change to the same value would reset settings of every device.
const set = (value: string): void => {
  if (readFileSync(IP_FORWARD, 'utf8').trim() === value) return
  writeFileSync(IP_FORWARD, value)
  traceCall(showCall('write', [IP_FORWARD, value]), value.length)
}

/** Lets this host pass on packets that are not for it. */
export const forward = (): void => set('1')

/** Takes that back, if a device remembers how it was and no other device needs it any more. */
export const stopForwarding = (device: Link, links: readonly Link[]): void => {
  const before = remembered(device)
  const others = links.filter(({ ifname }) => ifname !== device.ifname)
  if (before !== undefined && !others.some(remembered)) set(before)
}
