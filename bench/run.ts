/** Commands to be measured, as a reader would start them. */

import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Candidate } from './measure.ts'

const root = join(import.meta.dirname, '..')

/** The image, or the root filesystem, and a command that does nothing in it. */
export const TRUE = ['busybox', '/bin/true']

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

/**
 * A container of another engine, if that is installed and answers; else it is said why not. An image that it does not have
 * is not fetched.
 */
export const engine = (name: string, ...options: string[]): Candidate[] => {
  if (!isInstalled(name)) {
    console.log(`skipped: ${name} is not installed`)
    return []
  }
  const args = ['run', '--rm', '--pull', 'never', ...options, ...TRUE]
  const { status, stderr } = spawnSync(name, args, { encoding: 'utf8' })
  if (status === 0) return [whole(`${name} ${args.join(' ')}`, name, ...args)]
  console.log(`skipped: ${name}: "${name} ${args.join(' ')}" fails: ${stderr.trim().split('\n')[0]}`)
  return []
}
