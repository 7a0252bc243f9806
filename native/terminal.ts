/** The caller's terminal: its modes, its flags and its foreground job, and the steps that put them back. */

import { fstatSync } from 'node:fs'
import * as libc from './libc.ts'
import { F_GETFL, F_SETFL, TCGETS, TCSETS, TIOCGPGRP, TIOCSPGRP } from './linux.ts'
import { fcntl, ioctl, perhaps, type Step } from './steps.ts'

const TERMIOS_BYTES = 64 // the kernel's struct termios has 36

/** The foreground process group, or undefined where it is not this session's terminal. */
const foreground = (fd: number): number | undefined => {
  const group = new Int32Array(1)
  try {
    libc.ioctl(fd, TIOCGPGRP, new Uint8Array(group.buffer))
    return group[0]
  } catch {
    return undefined
  }
}

const restore = (fd: number): Step[] => {
  const group = foreground(fd)
  const own = libc.getpgrp()
  // In the background the terminal is another job's to change.
  if (group !== undefined && group !== own) return []
  const modes = new Uint8Array(TERMIOS_BYTES)
  libc.ioctl(fd, TCGETS, modes)
  const flags = libc.fcntl(fd, F_GETFL, 0)
  return [
    ...(group === undefined ? [] : [ioctl(fd, TIOCSPGRP, new Uint8Array(Int32Array.of(group).buffer))]),
    ioctl(fd, TCSETS, modes),
    fcntl(fd, F_SETFL, flags),
  ].map(perhaps)
}

// Whoever is at the other end of a pipe, a pager for one, may make of the terminal what it likes, longer than we run.
const isShared = (): boolean => [0, 1, 2].some(fd => fstatSync(fd).isFIFO())

/**
 * Steps that make the terminal what it is now; none where there is no terminal, or where other programs of a pipeline
 * use it too.
 * Source: ioctl_tty(2)
 */
export const restoreTerminal = (): Step[] =>
  isShared() ? [] : [0, 1, 2].filter(fd => libc.isatty(fd)).flatMap(restore)
