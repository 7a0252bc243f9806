/**
 * A child that waits until this program ends, however it ends, and then puts the host back: the reading end of a pipe
 * whose writing end only this program has. It shares no memory with Node but the page it runs in, and no process group.
 */

import { fstatSync } from 'node:fs'
import * as libc from './libc.ts'
import { F_GETFL, F_SETFL, SIGCHLD, TCGETS, TCSETS, TIOCGPGRP, TIOCSPGRP } from './linux.ts'
import { Page } from './shared-page.ts'
import { close, close_range, fcntl, ignoreFailure, ioctl, read, type Step, setpgid } from './steps.ts'
import { traceChild, traceEnd } from './trace.ts'

const LAST = 0xffffffff

const hired = new Set<Caretaker>()

// The last moment of a program that did not wait: the host is to be as it was before its caller goes on.
process.on('exit', () => {
  for (const caretaker of hired) caretaker.dismissNow()
})

/**
 * The first steps of every child: who holds a copy of the end that only this program is to hold keeps a caretaker
 * waiting, and a child at a gate would keep it waiting for good.
 */
export const closeCaretakerPipes = (caretakers: Iterable<Caretaker> = hired): Step[] =>
  [...caretakers].map(caretaker => ignoreFailure(close(caretaker.hold)))

export class Caretaker {
  /** what it does, to be put in a page */
  readonly steps: readonly Step[]
  readonly #gate: number
  /** the end of the pipe that this program alone is to hold */
  readonly hold: number
  #pid = 0

  /**
   * @param undo what it does in the end, each of it whatever became of the one before
   * @throws SystemCallError
   */
  constructor(undo: readonly Step[]) {
    const [gate, hold] = libc.pipe2()
    this.#gate = gate
    this.hold = hold
    const wait = [
      // A signal to the whole job, Ctrl-C or kill -9, is not meant for it.
      setpgid(0, 0),
      // Nobody who waits for the end of a pipe must wait for it.
      ...[0, 1, 2].filter(fd => !libc.isatty(fd)).map(close),
      ...(gate > 3 ? [close_range(3, gate - 1)] : []),
      close_range(gate + 1, LAST),
      read(gate),
    ]
    this.steps = [...wait.map(ignoreFailure), ...undo]
  }

  /** Starts it. Throws SystemCallError. */
  hire(page: Page, program: number): void {
    this.#pid = page.launch(program, SIGCHLD)
    libc.close(this.#gate)
    traceChild(this.#pid, this.steps, page)
    hired.add(this)
  }

  /** Lets it do its work now and waits until it is done. */
  async dismiss(): Promise<void> {
    hired.delete(this)
    libc.close(this.hold)
    traceEnd(this.#pid, await libc.waitpid(this.#pid))
  }

  /** The same, holding everything up for the moment it takes; also for one that was never hired. */
  dismissNow(): void {
    hired.delete(this)
    libc.close(this.hold)
    if (this.#pid === 0) libc.close(this.#gate)
    else traceEnd(this.#pid, libc.waitpidSync(this.#pid))
  }
}

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
  ].map(ignoreFailure)
}

// Whoever is at the other end of a pipe, a pager for one, may make of the terminal what it likes, longer than we run.
const isShared = (): boolean => [0, 1, 2].some(fd => fstatSync(fd).isFIFO())

/**
 * Steps that make the terminal what it is now; none where there is no terminal, or where other programs of a pipeline
 * use it too.
 * Source: ioctl_tty(2)
 */
const restoreTerminal = (): Step[] => (isShared() ? [] : [0, 1, 2].filter(fd => libc.isatty(fd)).flatMap(restore))

let terminalInCare = false

/**
 * Has a caretaker put the terminal back when this program ends. Once: what is put back is what this program found.
 * Throws SystemCallError.
 */
export const takeCareOfTerminal = (): void => {
  if (terminalInCare) return
  terminalInCare = true
  const undo = restoreTerminal()
  if (undo.length === 0) return
  const caretaker = new Caretaker(undo)
  caretaker.hire(new Page([caretaker.steps]), 0)
}
