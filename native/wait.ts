/** Waiting for a child of clone(), and what became of it. */

import { showCall } from './argument.ts'
import { type Child, children } from './clone.ts'
import { CommandError, errnoName, SystemCallError } from './errors.ts'
import { strerror } from './ffi.ts'
import * as libc from './libc.ts'
import { ProgramError } from './program-error.ts'
import type { Step } from './steps.ts'
import { traceEnd, traceUntilSettled } from './trace.ts'

const NOT_FOUND = 127
const NOT_EXECUTABLE = 126

/** Ended by signal n is told as 128 + n. Source: bash(1), Exit Status; the wait status is that of waitpid(2) */
export const exitStatus = (status: number): number =>
  (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)

const isTolerated = ({ proceedOn = [] }: Step, errno: number): boolean =>
  proceedOn === 'any' || proceedOn.includes(errnoName(errno))

/** Why a command could not be started, from what each place on PATH answered. */
const commandError = ({ steps, page }: Pick<Child, 'steps' | 'page'>, command: string): ProgramError => {
  const tries = steps
    .filter(step => step.call === 'execve')
    .map(step => ({ step, errno: -(page.result(step) ?? 0) }))
  const present = steps.some(step => step.call === 'faccessat' && page.result(step) === 0)
  const refused = tries.find(({ errno }) => !['ENOENT', 'ENOTDIR'].includes(errnoName(errno)))
  const { step, errno } = refused ?? tries[0]!
  const reason = `${errnoName(errno)} (${strerror(errno)})`
  if (refused) return new CommandError(`${command}: ${reason}: ${cannotRun(errnoName(errno))}`, NOT_EXECUTABLE)
  if (present)
    return new CommandError(
      `${command}: ${reason}, though the file is there: what is missing is the interpreter its first line names, or the dynamic loader it was linked for (file and ldd tell)`,
      NOT_EXECUTABLE,
    )
  const where = tries.length > 1 ? `in no directory of its PATH` : showCall('execve', step.arguments.slice(0, 1))
  return new CommandError(`${command}: command not found: ${where}: ${reason}`, NOT_FOUND)
}

const cannotRun = (code: string): string => {
  if (code === 'EACCES') return 'it is a directory or not executable: name a program, or "chmod +x" it'
  if (code === 'ENOEXEC')
    return 'it is no program this kernel can run: another processor\'s, or a script without "#!/bin/sh"'
  if (code === 'E2BIG')
    return 'the arguments and the environment are too long together: pass less (execve(2), Limits)'
  return 'it cannot be run'
}

/** What stopped a child before it could become its command, if anything did. */
export const failure = (child: Pick<Child, 'steps' | 'page'>): ProgramError | undefined => {
  for (const step of child.steps) {
    const result = child.page.result(step)
    if (result === undefined) continue
    if (step.call === 'faccessat' && step.command !== undefined) return commandError(child, step.command)
    const errno = result < 0 ? -result : 0
    if (errno !== 0 && !isTolerated(step, errno)) {
      if (step.command !== undefined) return commandError(child, step.command)
      return new SystemCallError(step.call, step.arguments, errno, strerror(errno))
    }
  }
  return undefined
}

const awaited = new Set<number>()

/** Passes on what somebody tells this program to end by: it outlives its children to clean up. */
const forward = (_: NodeJS.Signals, signal: number): void => {
  for (const pid of awaited) libc.kill(pid, signal)
}

// The terminal sends these two to the whole job, the container's processes among it.
const leave = (): void => {}

const HANDLERS: readonly [NodeJS.Signals, typeof forward][] = [
  ['SIGTERM', forward],
  ['SIGHUP', forward],
  ['SIGINT', leave],
  ['SIGQUIT', leave],
]

const beginForwarding = (pid: number): void => {
  if (awaited.size === 0) for (const [signal, handler] of HANDLERS) process.on(signal, handler)
  awaited.add(pid)
}

const endForwarding = (pid: number): void => {
  awaited.delete(pid)
  if (awaited.size === 0) for (const [signal, handler] of HANDLERS) process.off(signal, handler)
}

/**
 * Waits for a child of clone(). Meanwhile SIGTERM and SIGHUP are passed on to it, and Ctrl-C is left to it.
 * @param pid what clone() returned
 * @returns the exit status of its command, or 128 + n when signal n ended it
 * @throws SystemCallError naming the step that failed before the command, CommandError (127 or 126) when that could not
 * be started, ProgramError when the pid is no such child
 * Source: waitpid(2)
 */
export const exitCode = async (pid: number): Promise<number> => {
  const child = children.get(pid)
  if (!child)
    throw new ProgramError(`exitCode(${pid}): this is not a child that clone() made, or it was waited for already`)
  beginForwarding(pid)
  try {
    await traceUntilSettled(pid)
    const status = await libc.waitpid(pid)
    endForwarding(pid)
    traceEnd(pid, status)
    await child.caretaker?.dismiss()
    const error = failure(child)
    if (error) throw error
    return exitStatus(status)
  } finally {
    children.delete(pid)
    endForwarding(pid)
    child.page.unmap()
  }
}
