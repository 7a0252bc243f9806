/** Long work shows on a terminal how far it is; in a pipe it is quiet. */

import { readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { isatty } from 'node:tty'

const STDERR = 2
const OFTEN = 200 // ms between two looks

/** How far a process has read a file, in bytes. Source: proc_pid_fdinfo(5) */
const position = (pid: number, file: string): number => {
  try {
    const fd = readdirSync(`/proc/${pid}/fd`).find(each => readlinkSync(`/proc/${pid}/fd/${each}`) === file)
    return Number(/^pos:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0 // it has not opened it yet, or has ended
  }
}

/**
 * Shows how much of a file a process has read, until it is told to stop.
 * @param what is being done: `unpacking`
 * @returns what stops it
 */
export const showReading = (what: string, file: string, pid: number): (() => void) => {
  if (!isatty(STDERR)) return () => {}
  const path = realpathSync(file)
  const { size } = statSync(path)
  const show = (bytes: number): void =>
    void process.stderr.write(`\r${what} ${basename(file)} … ${Math.floor((100 * bytes) / Math.max(size, 1))} %`)
  show(0)
  const timer = setInterval(() => show(position(pid, path)), OFTEN)
  return () => {
    clearInterval(timer)
    // What is done is no news.
    process.stderr.write('\r\x1b[K')
  }
}
