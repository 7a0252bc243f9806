/**
 * The mark by which our bridge is known: its alias. A device that has the bridge's name and not the mark is somebody
 * else's, and is neither used nor removed.
 */

import { ProgramError } from '#native/index.ts'
import type { Link } from './ip-command.ts'
import { ipForwardInAlias } from './ip-forward.ts'
import { HARDWARE_PREFIX } from './subnet.ts'

/** The name of the bridge. */
export const BRIDGE = 'skdocker0'

// A device gets its alias after it was made, and the program that makes it may be killed in between.
const isUnfinished = ({ ifalias, address = '', addresses }: Link): boolean =>
  ifalias === undefined && addresses.length === 0 && address.startsWith(HARDWARE_PREFIX)

/** Whether a device is the bridge that we have made. */
export const isOurBridge = (link: Link): boolean =>
  link.ifname === BRIDGE && (ipForwardInAlias(link) !== undefined || isUnfinished(link))

/**
 * Refuses a device of somebody else that has the bridge's name.
 * @param links all devices of the host
 * @throws ProgramError
 */
export const refuseForeignBridge = (links: readonly Link[]): void => {
  if (!links.some(link => link.ifname === BRIDGE && !isOurBridge(link))) return
  const rename = `ip link set ${BRIDGE} down && ip link set ${BRIDGE} name other0`
  throw new ProgramError(
    `there is a device ${BRIDGE} that skdocker did not make, and does not touch: rename it with "${rename}"`,
  )
}
