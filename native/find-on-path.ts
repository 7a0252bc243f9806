/** Finds commands along PATH. */

import { accessSync, constants } from 'node:fs'
import { dirname, join } from 'node:path'

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const inDirectories = (command: string, directories: readonly string[]): string | undefined =>
  directories.map(directory => join(directory, command)).find(isExecutable)

/** The path of a command; undefined when it is in no directory of PATH. Source: environ(7), PATH */
export const findOnPath = (command: string): string | undefined =>
  inDirectories(command, (process.env.PATH ?? '').split(':').filter(Boolean))

/** Whether a command is on PATH. */
export const isInstalled = (command: string): boolean => findOnPath(command) !== undefined

const FOR_ROOT = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/**
 * What to do about tools of which none is on PATH. One may be installed all the same: after `su` without `-`, PATH is a
 * user's, and does not lead to the directories of root's tools.
 * @param tools tools that do the same, so that one of them is enough
 * @param packages the names of what to install, in words
 */
export const cureForMissing = (tools: readonly string[], packages: string): string => {
  const [path] = tools.flatMap(tool => inDirectories(tool, FOR_ROOT) ?? [])
  return path ? `it is in ${dirname(path)}: "export PATH=$PATH:${dirname(path)}"` : `install ${packages}`
}
