/** Commands to be measured, as a reader would start them. */

import { execFile } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled } from '#native/find-on-path.ts'
import type { Candidate } from './measure.ts'

// No shell stands in between, as it would with zx: its start would be measured, too.
const execute = promisify(execFile)

const root = join(import.meta.dirname, '..')

/** The image, or the root filesystem, and a command that does nothing in it. */
export const TRUE = ['busybox', '/bin/true']

const stop = new AbortController()
setMaxListeners(Number.POSITIVE_INFINITY, stop.signal) // one for each command that runs

/** From now on a signal ends the command that runs and makes the bench fail, so that everything is put away. */
export const failAtSignal = (): void => {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(name, (_: NodeJS.Signals, number: number) => {
      process.exitCode = 128 + number
      stop.abort(new Error(`ended by ${name}`))
    })
}

/** How a command ended, and what it wrote. */
type Ended = { readonly code: number | string | null; readonly stdout: string; readonly stderr: string }

// What promisify(execFile) throws for a command that failed. Source: child_process of Node's documentation
const failed = ({ code = null, stdout = '', stderr = '', message }: Error & Partial<Ended>): Ended => ({
  code,
  stdout,
  stderr: stderr.trim() || message,
})

/**
 * Runs a command in the project's top directory, to its end.
 * @param isStoppable whether a signal ends it; it is waited for even then, because it may have something to put away itself
 * @throws Error when a signal came already
 */
export const runToEnd = async (command: string, args: readonly string[], isStoppable = true): Promise<Ended> => {
  if (isStoppable) stop.signal.throwIfAborted()
  const running = execute(command, args, { cwd: root })
  running.child.stdin?.end()
  const kill = (): void => void running.child.kill()
  if (isStoppable) stop.signal.addEventListener('abort', kill)
  try {
    return await running.then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), failed)
  } finally {
    stop.signal.removeEventListener('abort', kill)
  }
}

/**
 * The output of a command.
 * @throws Error when it fails, or when a signal came
 */
export const outputOf = async (command: string, args: readonly string[], isStoppable = true): Promise<string> => {
  const { code, stdout, stderr } = await runToEnd(command, args, isStoppable)
  if (code === 0) return stdout
  if (isStoppable) stop.signal.throwIfAborted()
  throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr}`)
}

/** Runs a command that undoes something, and so has to run after a signal too. Throws Error when it fails. */
export const undoWith = async (command: string, ...args: readonly string[]): Promise<void> =>
  void (await outputOf(command, args, false))

/** A whole process, from its start to its end. */
export const wholeProcess = (name: string, command: string, ...args: string[]): Candidate => ({
  name,
  run: async () => {
    const from = performance.now()
    await outputOf(command, args)
    return [performance.now() - from]
  },
})

/**
 * A container of another engine, if that is installed and answers; if not, the bench says why. An image that the engine
 * does not have is not fetched.
 */
export const engineCandidates = async (name: string, ...options: string[]): Promise<Candidate[]> => {
  if (!isInstalled(name)) {
    console.log(`skipped: ${name} is not installed`)
    return []
  }
  const args = ['run', '--rm', '--pull', 'never', ...options, ...TRUE]
  const { code, stderr } = await runToEnd(name, args)
  if (code === 0) return [wholeProcess(`${name} ${args.join(' ')}`, name, ...args)]
  console.log(`skipped: ${name}: "${name} ${args.join(' ')}" fails: ${stderr.split('\n')[0]}`)
  return []
}
