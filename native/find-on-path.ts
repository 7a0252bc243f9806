/** Finds commands along PATH. */

import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The path of a command; undefined when it is in no directory of PATH. Source: environ(7), PATH */
export const findOnPath = (command: string): string | undefined =>
  (process.env.PATH ?? '')
    .split(':')
    .filter(Boolean)
    .map(directory => join(directory, command))
    .find(isExecutable)

/** Whether a command is on PATH. */
export const isInstalled = (command: string): boolean => findOnPath(command) !== undefined
