/**
 * The directory in which a command begins. Its path is looked up in the container's root and nowhere else: a link of the
 * image through /proc to a descriptor, such as a stdin that is a directory of the host, is refused (CVE-2024-21626).
 */

import { constants } from 'node:fs'
import { FIRST_BEYOND_STDERR, LAST_FD, O_PATH, RESOLVE_NO_MAGICLINKS } from '#native/linux.ts'
import { chdir, close_range, fchdir, mkdir, openInRoot, type Step } from '#native/steps.ts'

const openDirectory = (path: string): Step =>
  openInRoot(path, O_PATH | constants.O_DIRECTORY, RESOLVE_NO_MAGICLINKS)

/**
 * The steps that change to a directory. The root must be the working directory before, and no descriptor beyond 2 open.
 * @param path absolute
 * Source: openat2(2)
 */
export const enterDirectory = (path: string): Step[] => [
  openDirectory(path),
  fchdir(FIRST_BEYOND_STDERR),
  close_range(FIRST_BEYOND_STDERR, LAST_FD),
]

/** The steps that make a directory and those above it, where they are missing, and change to it, as enterDirectory() does. */
export const makeAndEnterDirectory = (path: string): Step[] => {
  const names = path.split('/').filter(Boolean)
  const make = (name: string, index: number): Step[] => [
    ...enterDirectory(`/${names.slice(0, index).join('/')}`),
    mkdir(name),
    chdir('/'),
  ]
  return [...names.flatMap(make), ...enterDirectory(path)]
}
