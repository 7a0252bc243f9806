/**
 * A caretaker is a child that puts the host back when this program has ended, however it ended. It reads from a pipe
 * whose writing end only this program holds: when this program is gone the kernel closes that end, and read(2) returns.
 */

import { fstatSync } from 'node:fs'
import * as libc from './libc.ts'
import { F_GETFL, F_SETFL, LAST_FD, SIGCHLD, TCGETS, TCSETS, TIOCGPGRP, TIOCSPGRP } from './linux.ts'
import { Page } from './shared-page.ts'
import { close, close_range, fcntl, ignoreFailure, ioctl, read, type Step, setpgid } from './steps.ts'
import { traceChild, traceEnd } from './trace.ts'

const running = new Set<Caretaker>()

// A program may end without having waited for its child. The host must be as it was before the caller goes on.
process.on('exit', () => {
  for (const caretaker of running) caretaker.finishSync()
})

/**
 * The first steps of every child: it closes its copies of the writing ends. A child that kept one, such as a child that
 * waits at a gate, would keep that caretaker waiting for ever.
 * @param starting a caretaker that is not running yet
 */
export const closeCaretakerPipes = (starting?: Caretaker): Step[] =>
  [...running, ...(starting ? [starting] : [])].map(caretaker => ignoreFailure(close(caretaker.writeEnd)))

export class Caretaker {
  /** what it does, for the page in which it runs */
  readonly steps: readonly Step[]
  /** the end of the pipe that only this program may hold */
  readonly writeEnd: number
  readonly #readEnd: number
  #pid = 0

  /**
   * @param undo the steps that it does in the end; a step is done also when the one before it failed
   * @throws SystemCallError
   */
  constructor(undo: readonly Step[]) {
    const [readEnd, writeEnd] = libc.pipe2()
    this.#readEnd = readEnd
    this.writeEnd = writeEnd
    const wait = [
      // It leaves the process group, because Ctrl-C and kill(2) end everybody in that.
      setpgid(0, 0),
      // It closes pipes and files, because somebody may be waiting until the last writer has closed them.
      ...[0, 1, 2].filter(fd => !libc.isatty(fd)).map(close),
      ...(readEnd > 3 ? [close_range(3, readEnd - 1)] : []),
      close_range(readEnd + 1, LAST_FD),
      read(readEnd),
    ]
    this.steps = [...wait.map(ignoreFailure), ...undo]
  }

  /**
   * Starts it. It shares no memory with Node but the page, so it survives Node.
   * @param page where its steps are
   * @param program which of the page's programs they are
   * @throws SystemCallError
   */
  start(page: Page, program: number): void {
    this.#pid = page.launch(program, SIGCHLD)
    libc.close(this.#readEnd)
    traceChild(this.#pid, this.steps, page)
    running.add(this)
  }

  /** Lets it put the host back now, and waits until that is done. Throws SystemCallError. */
  async finish(): Promise<void> {
    running.delete(this)
    libc.close(this.writeEnd)
    traceEnd(this.#pid, await libc.waitpid(this.#pid))
  }

  /** As finish(), but blocks the event loop. It may be called for a caretaker that was never started. */
  finishSync(): void {
    running.delete(this)
    libc.close(this.writeEnd)
    if (this.#pid === 0) libc.close(this.#readEnd)
    else traceEnd(this.#pid, libc.waitpidSync(this.#pid))
  }
}

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

const restoreTerminal = (fd: number): Step[] => {
  const group = foregroundGroup(fd)
  // A program in the background must not change the terminal: it belongs to another job.
  if (group !== undefined && group !== libc.getpgrp()) return []
  const modes = new Uint8Array(TERMIOS_BYTES)
  libc.ioctl(fd, TCGETS, modes)
  const flags = libc.fcntl(fd, F_GETFL, 0)
  return [
    ...(group === undefined ? [] : [ioctl(fd, TIOCSPGRP, new Uint8Array(Int32Array.of(group).buffer))]),
    ioctl(fd, TCSETS, modes),
    fcntl(fd, F_SETFL, flags),
  ].map(ignoreFailure)
}

// The program at the other end of a pipe, such as a pager, sets the terminal as it needs it, and may outlive this one.
const isInPipeline = (): boolean => [0, 1, 2].some(fd => fstatSync(fd).isFIFO())

let terminalIsRestoredAtEnd = false

/**
 * Has a caretaker restore the terminal as it is now when this program ends: its modes, flags and foreground process
 * group. Only the first call does something, because a later one might find what a container has made of the terminal.
 * @throws SystemCallError
 * Source: ioctl_tty(2)
 */
export const restoreTerminalAtEnd = (): void => {
  if (terminalIsRestoredAtEnd) return
  terminalIsRestoredAtEnd = true
  if (isInPipeline()) return
  const undo = [0, 1, 2].filter(fd => libc.isatty(fd)).flatMap(restoreTerminal)
  if (undo.length === 0) return
  const caretaker = new Caretaker(undo)
  caretaker.start(new Page([caretaker.steps]), 0)
}
