/** Shows on a terminal how far a file has been read. Nothing is written where stderr is a pipe or a file. */

import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { isatty } from 'node:tty'
import { STDERR_FILENO } from '#native/linux.ts'

const INTERVAL = 200 // ms

/**
 * Shows a percentage on stderr, again and again.
 * @param verb what is done with the file: `unpacking`
 * @param bytesRead tells how much of it has been read by now
 * @returns a function that stops it and wipes the line
 */
export const showReadingProgress = (verb: string, file: string, bytesRead: () => number): (() => void) => {
  if (!isatty(STDERR_FILENO)) return () => {}
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const show = (): void => {
    const percent = Math.floor((100 * bytesRead()) / Math.max(size, 1))
    process.stderr.write(`\r${verb} ${basename(file)} … ${percent} %`)
  }
  show()
  const timer = setInterval(show, INTERVAL)
  return () => {
    clearInterval(timer)
    process.stderr.write('\r\x1b[K')
  }
}
