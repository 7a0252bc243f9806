/** Shows on a terminal how far a file has been read. Nothing is written where stderr is a pipe or a file. */

import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs'
import { basename } from 'node:path'
import { isatty } from 'node:tty'
import { STDERR_FILENO } from '#native/linux.ts'

const INTERVAL = 200 // ms

/** Opens the terminal once more, because the shell shares stderr, and O_NONBLOCK on that would hold for the shell too. */
const openTerminal = (): number =>
  openSync(`/proc/self/fd/${STDERR_FILENO}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY)

// A terminal that was stopped by Ctrl-S takes nothing. The lock that is held meanwhile must not wait for it.
const writeIfPossible = (terminal: number, text: string): void => {
  try {
    writeSync(terminal, text)
  } catch {
    // It is shown the next time.
  }
}

/**
 * Shows a percentage on stderr, again and again.
 * @param verb what is done with the file: `unpacking`
 * @param bytesRead tells how much of it has been read by now
 * @returns a function that stops it and wipes the line
 */
export const showReadingProgress = (verb: string, file: string, bytesRead: () => number): (() => void) => {
  if (!isatty(STDERR_FILENO)) return () => {}
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const terminal = openTerminal()
  const show = (): void => {
    const percent = Math.floor((100 * bytesRead()) / Math.max(size, 1))
    writeIfPossible(terminal, `\r${verb} ${basename(file)} … ${percent} %`)
  }
  show()
  const timer = setInterval(show, INTERVAL)
  return () => {
    clearInterval(timer)
    writeIfPossible(terminal, '\r\x1b[K')
    closeSync(terminal)
  }
}
