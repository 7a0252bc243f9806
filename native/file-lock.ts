/** Locks on files and directories that are there already: they leave nothing behind, and whoever dies lets go of his. */

import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { libc } from './index.ts'
import { deviceNumbers } from './mountinfo.ts'

/**
 * Locks a file or a directory, waiting if somebody else has. Source: flock(2)
 * @returns a descriptor; closing it unlocks
 * @throws NodeJS.ErrnoException when there is none, SystemCallError
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
 * Does something that no other program may do under the same lock at the same time. Not to be nested.
 * @throws as lockFile(), and what act throws
 */
export const withLock = <T>(path: string, act: () => T): T => {
  const fd = lockFile(path)
  try {
    return act()
  } finally {
    closeSync(fd)
  }
}

/** The same for what takes its time: the lock is held until the promise is settled. */
export const withLockAsync = async <T>(path: string, act: () => Promise<T>): Promise<T> => {
  const fd = lockFile(path)
  try {
    return await act()
  } finally {
    closeSync(fd)
  }
}

/** Whether somebody has locked a file or directory. Source: proc_locks(5), which names it by device and inode */
export const isLocked = (path: string): boolean => {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  if (!stat) return false
  const [major, minor] = deviceNumbers(stat.dev).map(number => number.toString(16).padStart(2, '0'))
  return readFileSync('/proc/locks', 'utf8').includes(` ${major}:${minor}:${stat.ino} `)
}
