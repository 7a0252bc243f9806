/** Commands to be measured, as a reader would start them. */

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Candidate } from './measure.ts'

const root = join(import.meta.dirname, '..')

/**
 * The output of a command, run in the project's top directory.
 * @throws Error when it fails
 */
export const run = (command: string, args: readonly string[]): string => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${error?.message ?? stderr.trim()}`)
}

/** Whether a command is on PATH. */
export const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some(directory => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })

/** A whole process, from its start to its end. */
export const whole = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: () => {
    const from = performance.now()
    run(command, args)
    return [performance.now() - from]
  },
})
