/** Shows on a terminal how far a process has read a file. Nothing is written where stderr is a pipe or a file. */

import {
  closeSync,
  constants,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename } from 'node:path'
import { isatty } from 'node:tty'
import { STDERR_FILENO } from '#native/linux.ts'

const INTERVAL = 200 // ms

/** How many bytes of a file a process has read. Source: proc_pid_fdinfo(5) */
const bytesRead = (pid: number, file: string): number => {
  try {
    const fd = readdirSync(`/proc/${pid}/fd`).find(each => readlinkSync(`/proc/${pid}/fd/${each}`) === file)
    return Number(/^pos:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // the process has not opened the file yet, or has ended
  }
}

/** Opens the terminal once more, because what is non-blocking here must not be so for the shell. */
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
 * @param verb what the process does with the file: `unpacking`
 * @returns a function that stops it and wipes the line
 */
export const showReadingProgress = (verb: string, file: string, pid: number): (() => void) => {
  if (!isatty(STDERR_FILENO)) return () => {}
  const path = realpathSync(file)
  const { size } = statSync(path)
  const terminal = openTerminal()
  const show = (bytes: number): void => {
    const percent = Math.floor((100 * bytes) / Math.max(size, 1))
    writeIfPossible(terminal, `\r${verb} ${basename(file)} … ${percent} %`)
  }
  show(0)
  const timer = setInterval(() => show(bytesRead(pid, path)), INTERVAL)
  return () => {
    clearInterval(timer)
    writeIfPossible(terminal, '\r\x1b[K')
    closeSync(terminal)
  }
}
