/** One at a time in a network namespace. The lock is the namespace itself: it has a file, and leaves none. */

import { withLockAsync } from '#native/file-lock.ts'

let last: Promise<unknown> = Promise.resolve()

/**
 * Does something while nobody else changes the devices and rules of this network namespace. Not to be nested.
 * Source: flock(2); namespaces(7), The /proc/pid/ns/ directory
 * @throws SystemCallError, and what that throws
 */
export const withNetworkLock = <T>(act: () => Promise<T>): Promise<T> => {
  // Waiting for flock(2) holds everything up: who has the lock must not be somebody in this program.
  const mine = last.then(() => withLockAsync('/proc/self/ns/net', act))
  last = mine.catch(() => {})
  return mine
}
