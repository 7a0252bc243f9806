/**
 * The caller's terminal has the modes, flags and foreground process group in the end that it had in the beginning. A
 * container may change all of them, and its process groups are gone when it has ended. Source: ioctl_tty(2)
 */

import { fstatSync, readdirSync } from 'node:fs'
import { Caretaker } from './caretaker.ts'
import * as libc from './libc.ts'
import { F_GETFL, F_SETFL, TCGETS, TCSETS, TIOCGPGRP, TIOCSPGRP } from './linux.ts'
import { statOf } from './process-state.ts'
import { Page } from './shared-page.ts'
import { fcntl, ignoreFailure, ioctl, type Step } from './steps.ts'

const TERMIOS_BYTES = 64 // the kernel's struct termios has 36

/** The foreground process group of a terminal; undefined when it is not the terminal of this session. */
const foregroundGroup = (fd: number): number | undefined => {
  const group = new Int32Array(1)
  try {
    libc.ioctl(fd, TIOCGPGRP, new Uint8Array(group.buffer))
    return group[0]
  } catch {
    return undefined
  }
}

/** The steps that give a terminal what it has now. */
const restoreTerminal = (fd: number): Step[] => {
  const group = foregroundGroup(fd)
  const modes = new Uint8Array(TERMIOS_BYTES)
  libc.ioctl(fd, TCGETS, modes)
  const flags = libc.fcntl(fd, F_GETFL, 0)
  return [
    ...(group === undefined ? [] : [ioctl(fd, TIOCSPGRP, new Uint8Array(Int32Array.of(group).buffer))]),
    ioctl(fd, TCSETS, modes),
    fcntl(fd, F_SETFL, flags),
  ].map(ignoreFailure)
}

/** Whether a process group is the shell's own, or one of its jobs, and no group of a container. */
const isJobOfShell = (group: number): boolean => {
  const session = statOf(process.pid)?.session
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .some(pid => {
      const stat = statOf(Number(pid))
      return stat?.group === group && (Number(pid) === session || stat.parent === session)
    })
}

/**
 * Whether a terminal is ours to restore. It is not while another job has it: this program may have been put into the
 * background since, by Ctrl-Z and bg. If it has been there from the beginning, it is ours only when a container took it.
 */
const isOurs = (fd: number, wasInForeground: boolean): boolean => {
  const group = foregroundGroup(fd)
  if (group === undefined) return true
  if (group === libc.getpgrp()) return wasInForeground
  return !isJobOfShell(group)
}

// The program at the other end of a pipe, such as a pager, sets the terminal as it needs it, and may outlive this one.
const isInPipeline = (): boolean => [0, 1, 2].some(fd => fstatSync(fd).isFIFO())

const startCaretaker = (undo: readonly Step[], isNeeded: () => boolean): Caretaker => {
  const caretaker = new Caretaker(undo, isNeeded)
  caretaker.start(new Page([caretaker.steps]), 0)
  return caretaker
}

let terminalIsRestoredAtEnd = false

/**
 * Has a caretaker restore the terminal as it is now when this program ends: its modes, flags and foreground process
 * group. Only the first call does something, because a later one might find what a container has made of the terminal.
 * @throws SystemCallError
 */
export const restoreTerminalAtEnd = (): void => {
  if (terminalIsRestoredAtEnd) return
  terminalIsRestoredAtEnd = true
  if (isInPipeline()) return
  const terminals = [0, 1, 2].filter(fd => libc.isatty(fd))
  const [first] = terminals
  if (first === undefined) return
  const group = foregroundGroup(first)
  const wasInForeground = group === undefined || group === libc.getpgrp()
  const undo = terminals.flatMap(restoreTerminal)
  const isNeeded = (): boolean => isOurs(first, wasInForeground)
  if (wasInForeground) startCaretaker(undo, isNeeded)
  // When a program in the background is killed, the terminal may be another job's, and nobody is left to look.
  else process.on('exit', () => isNeeded() && startCaretaker(undo, isNeeded).finishSync())
}
