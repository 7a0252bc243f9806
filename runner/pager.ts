/** Shows long texts a page at a time when stdout is a terminal. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { isInstalled } from '#native/find-on-path.ts'

/** The reader's pager, or less if there is one. Source: environ(7), PAGER */
const pager = (): string | undefined => {
  if (process.env.PAGER !== undefined) return process.env.PAGER.trim() || undefined
  return isInstalled('less') ? 'less -R' : undefined
}

const NOT_STARTED = [126, 127]

const page = async (command: string, text: string): Promise<boolean> => {
  // As git does it: a text that fits on the screen needs no pager. What less takes for characters must not hang on LANG.
  const env = { LESS: 'FRX', LESSCHARSET: 'utf-8', ...process.env }
  const child = spawn(command, { shell: true, stdio: ['pipe', 'inherit', 'inherit'], env })
  child.stdin.on('error', () => {}) // the reader may quit the pager before its end
  // Ctrl-C reaches the pager too, which decides what it does: this program goes on waiting.
  const leave = (): void => {}
  process.on('SIGINT', leave)
  child.stdin.end(text)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('SIGINT', leave)
  return code === null || !NOT_STARTED.includes(code)
}

/** Shows a text: in a pager on a terminal, else as it is. */
export const show = async (text: string): Promise<void> => {
  const command = process.stdout.isTTY ? pager() : undefined
  if (!command || !(await page(command, text))) process.stdout.write(text)
}

const USUAL = 80
const WIDEST = 100

/** How wide a text is to be: a line much longer than this is hard to read. */
export const textWidth = (): number =>
  Math.max(20, Math.min(process.stdout.columns || Number(process.env.COLUMNS) || USUAL, WIDEST))
