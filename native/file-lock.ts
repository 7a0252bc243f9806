/** Locks on files and directories that exist anyway. They leave nothing behind, and the kernel unlocks them when their holder dies. */

import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import * as libc from './libc.ts'
import { deviceNumbers } from './mountinfo.ts'

/**
 * Locks a file or a directory, and waits while somebody else holds the lock. Source: flock(2)
 * @returns a descriptor, which unlocks when it is closed
 * @throws NodeJS.ErrnoException when there is no such file, SystemCallError
 */
export const lockFile = (path: string): number => {
  const fd = openSync(path, 'r')
  try {
    libc.flock(fd)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/**
 * Does something while it holds the lock of a file or a directory. It must not be called again for the same path
 * meanwhile, because it would wait for itself.
 * @throws what lockFile() and act throw
 */
export const withLock = <T>(path: string, act: () => T): T => {
  const fd = lockFile(path)
  try {
    return act()
  } finally {
    closeSync(fd)
  }
}

/** As withLock(), for an act that returns a promise: it holds the lock until the promise is settled. */
export const withLockAsync = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  const fd = lockFile(path)
  try {
    return await act()
  } finally {
    closeSync(fd)
  }
}

/** Whether somebody has locked a file or a directory. Source: proc_locks(5), which names files by device and inode */
export const isLocked = (path: string): boolean => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return false
  const [major, minor] = deviceNumbers(stat.dev).map(number => number.toString(16).padStart(2, '0'))
  return readFileSync('/proc/locks', 'utf8').includes(` ${major}:${minor}:${stat.ino} `)
}
