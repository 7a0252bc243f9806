/** Commands to be measured, as a reader would start them. */

import { spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { isInstalled } from '#native/find-on-path.ts'
import type { Candidate } from './measure.ts'

const root = join(import.meta.dirname, '..')

/** The image, or the root filesystem, and a command that does nothing in it. */
export const TRUE = ['busybox', '/bin/true']

const stop = new AbortController()
setMaxListeners(Number.POSITIVE_INFINITY, stop.signal) // one for each command that runs

/** From now on a signal ends the command that runs, and is a failure of the bench: so that all it made is put away. */
export const failAtSignal = (): void => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, (_: NodeJS.Signals, number: number) => {
      process.exitCode = 128 + number
      stop.abort(new Error(`ended by ${name}`))
    })
}

/** How a command ended, and what it wrote. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string }

/**
 * Runs a command in the project's top directory, to its end.
 * @param stoppable whether a signal ends it before; it is waited for even so, as it may have something to put away itself
 * @throws Error when a signal came already
 */
export const finish = async (command: string, args: readonly string[], stoppable = true): Promise<Ended> => {
  const signal = stoppable ? stop.signal : new AbortController().signal
  signal.throwIfAborted()
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], signal })
  let failed: Error | undefined
  child.on('error', error => {
    failed = error
  })
  const closed = new Promise<number | null>(resolve => child.on('close', resolve))
  const [code, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)])
  return { code, stdout, stderr: failed?.message ?? stderr.trim() }
}

/**
 * The output of a command.
 * @throws Error when it fails, or when a signal came
 */
export const run = async (command: string, args: readonly string[], stoppable = true): Promise<string> => {
  const { code, stdout, stderr } = await finish(command, args, stoppable)
  if (code === 0) return stdout
  if (stoppable) stop.signal.throwIfAborted()
  throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`)
}

/** Runs what takes something back, which has to be done after a signal too. Throws Error when it fails. */
export const putAway = async (command: string, ...args: readonly string[]): Promise<void> =>
  void (await run(command, args, false))

/** A whole process, from its start to its end. */
export const whole = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: async () => {
    const from = performance.now()
    await run(command, args)
    return [performance.now() - from]
  },
})

/**
 * A container of another engine, if that is installed and answers; else it is said why not. An image that it does not have
 * is not fetched.
 */
export const engine = async (name: string, ...options: string[]): Promise<Candidate[]> => {
  if (!isInstalled(name)) {
    console.log(`skipped: ${name} is not installed`)
    return []
  }
  const args = ['run', '--rm', '--pull', 'never', ...options, ...TRUE]
  const { code, stderr } = await finish(name, args)
  if (code === 0) return [whole(`${name} ${args.join(' ')}`, name, ...args)]
  console.log(`skipped: ${name}: "${name} ${args.join(' ')}" fails: ${stderr.split('\n')[0]}`)
  return []
}
