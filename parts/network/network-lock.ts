/** A lock on a network namespace. The namespace itself is what is locked: it has a file, and none is left behind. */

import { withLock } from '#native/file-lock.ts'

/**
 * Does something while nobody else changes the devices and rules of this network namespace. It must not be nested.
 * Source: flock(2); namespaces(7), The /proc/pid/ns/ directory
 * @throws Interrupted, SystemCallError, and what act throws
 */
export const withNetworkLock = <T>(act: () => Promise<T>): Promise<T> => withLock('/proc/self/ns/net', act)
