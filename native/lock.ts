/** Locks on directories of a hierarchy: they leave no file behind, and whoever dies lets go of his. Source: flock(2) */

import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs'
import { libc } from '../../native/index.ts'
import { deviceNumbers } from './hierarchy.ts'

/** Locks a directory, waiting if somebody else has. Closing the descriptor unlocks it. */
export const lock = (directory: string): number => {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  libc.flock(fd)
  return fd
}

/** Does something that no other program may do in the same directory at the same time. Not to be nested. */
export const locked = <T>(directory: string, act: () => T): T => {
  const fd = lock(directory)
  try {
    return act()
  } finally {
    closeSync(fd)
  }
}

/** Whether somebody has locked a directory. Source: proc_locks(5), which names a file by device and inode */
export const isLocked = (directory: string): boolean => {
  const stat = statSync(directory, { bigint: true, throwIfNoEntry: false })
  if (!stat) return false
  const [major, minor] = deviceNumbers(stat.dev).map(number => number.toString(16).padStart(2, '0'))
  return readFileSync('/proc/locks', 'utf8').includes(` ${major}:${minor}:${stat.ino} `)
}
