/** A lock on a network namespace. The namespace itself is what is locked: it has a file, and none is left behind. */

import { withLockAsync } from '#native/file-lock.ts'

let last: Promise<unknown> = Promise.resolve()

/**
 * Does something while nobody else changes the devices and rules of this network namespace. Not to be nested.
 * Source: flock(2); namespaces(7), The /proc/pid/ns/ directory
 * @throws SystemCallError, and what act throws
 */
export const withNetworkLock = <T>(act: () => Promise<T>): Promise<T> => {
  // flock(2) stops this whole program while it waits, so another part of this program must not hold the lock then.
  const mine = last.then(() => withLockAsync('/proc/self/ns/net', act))
  last = mine.catch(() => {})
  return mine
}
