/** What setup has made in a root filesystem, and how that is undone: everything but the hand-made files. */

import { lstatSync, readdirSync, readlinkSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { busyboxSkeleton } from './skeleton.ts'

const statOf = (path: string) => lstatSync(path, { throwIfNoEntry: false })

// A container may have put a link that leads into the host where a directory was.
const isDirectoryItself = (directory: string, path: string): boolean =>
  (path === '.' || isDirectoryItself(directory, dirname(path))) &&
  statOf(join(directory, path))?.isDirectory() === true

const namesIn = (directory: string, path: string): string[] =>
  isDirectoryItself(directory, path) ? readdirSync(join(directory, path)).map(name => join(path, name)) : []

const isMade = (path: string): boolean => {
  const stat = statOf(path)
  if (stat?.isSymbolicLink()) return readlinkSync(path) === 'busybox'
  return stat?.isCharacterDevice() === true || path.endsWith('/bin/busybox')
}

const madeFiles = (directory: string): string[] =>
  ['bin', 'dev'].flatMap(path => namesIn(directory, path)).filter(path => isMade(join(directory, path)))

// The innermost first, which is the order in which they can be removed.
const madeDirectories = (directory: string): string[] =>
  Object.keys(busyboxSkeleton.directories)
    .filter(path => path !== '.' && path !== 'etc' && isDirectoryItself(directory, path))
    .sort()
    .reverse()

const isEmpty = (directory: string, path: string): boolean => namesIn(directory, path).length === 0

/** Whether there is anything in a root filesystem that setup has made. */
export const hasMadePaths = (directory: string): boolean =>
  madeFiles(directory).length > 0 || madeDirectories(directory).some(path => isEmpty(directory, path))

/**
 * Removes what setup has made in a root filesystem. The hand-made files stay, and so does what somebody else has put
 * there, with the directories that it is in.
 *
 * @param directory the root filesystem
 * @throws NodeJS.ErrnoException
 */
export const removeMadePaths = (directory: string): void => {
  for (const path of madeFiles(directory)) rmSync(join(directory, path))
  for (const path of madeDirectories(directory)) if (isEmpty(directory, path)) rmdirSync(join(directory, path))
}
